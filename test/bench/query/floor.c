/*
 * The floor: what the system calls of a DNS server cost without DNS. It sends each packet back to
 * where it came from, in batches as Isthmus's readers do: recvmmsg and sendmmsg of 64, one socket
 * for both families, the reply from the address that was asked, a receive timeout.
 *
 *   floor PORT THREADS
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { BATCH = 64, PACKET_OCTETS = 4096, CONTROL_OCTETS = 64, BUFFER_OCTETS = 4 << 20 };

struct thread {
  pthread_t id;
  int fd;
};

static void set(int fd, int level, int option, int value) {
  if (setsockopt(fd, level, option, &value, sizeof value) < 0) {
    perror("Cannot set a socket option");
    exit(1);
  }
}

static int open_socket(int port) {
  int fd = socket(AF_INET6, SOCK_DGRAM, 0);
  if (fd < 0) {
    perror("Cannot open a socket");
    exit(1);
  }
  set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  set(fd, SOL_SOCKET, SO_RCVBUF, BUFFER_OCTETS);
  set(fd, SOL_SOCKET, SO_SNDBUF, BUFFER_OCTETS);
  set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  struct timeval timeout = { 0, 100000 };
  if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) < 0) {
    perror("Cannot set the receive timeout");
    exit(1);
  }
  struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
  if (bind(fd, (struct sockaddr *)&any, sizeof any) < 0) {
    perror("Cannot bind");
    exit(1);
  }
  return fd;
}

static void *echo(void *of) {
  int fd = ((struct thread *)of)->fd;
  static __thread char packets[BATCH][PACKET_OCTETS];
  static __thread _Alignas(struct cmsghdr) char control[BATCH][CONTROL_OCTETS];
  static __thread struct sockaddr_in6 peers[BATCH];
  static __thread struct iovec parts[BATCH];
  static __thread struct mmsghdr messages[BATCH];
  for (;;) {
    for (int i = 0; i < BATCH; i++) {
      parts[i] = (struct iovec){ packets[i], PACKET_OCTETS };
      messages[i].msg_hdr = (struct msghdr){
        .msg_name = &peers[i], .msg_namelen = sizeof peers[i], .msg_iov = &parts[i],
        .msg_iovlen = 1, .msg_control = control[i], .msg_controllen = CONTROL_OCTETS,
      };
    }
    int got = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
    if (got <= 0) continue; /* the timeout */
    for (int i = 0; i < got; i++) {
      parts[i].iov_len = messages[i].msg_len;
      messages[i].msg_hdr.msg_flags = 0;
    }
    for (int sent = 0; sent < got;) {
      int now = sendmmsg(fd, messages + sent, got - sent, 0);
      sent += now > 0 ? now : 1;
    }
  }
  return NULL;
}

int main(int count, char **words) {
  int port = count > 2 ? atoi(words[1]) : 0;
  int threads = count > 2 ? atoi(words[2]) : 0;
  if (port < 1 || threads < 1) {
    fprintf(stderr, "Cannot read the words: expected PORT THREADS\n");
    return 2;
  }
  struct thread all[threads];
  for (int i = 0; i < threads; i++) all[i].fd = open_socket(port);
  for (int i = 0; i < threads; i++) pthread_create(&all[i].id, NULL, echo, &all[i]);
  for (int i = 0; i < threads; i++) pthread_join(all[i].id, NULL);
  return 0;
}
