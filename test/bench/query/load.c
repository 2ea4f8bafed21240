/*
 * The client: asks the questions of a file one after another, over several sockets (SO_REUSEPORT
 * gives each to one of a server's threads), and checks every answer against what it must be.
 *
 *   closed N    N questions are out at any time: each answer is followed by the next question
 *   open RATE   questions leave at random times (Poisson), whether answers come or not
 *
 * It warms up, measures, and waits for the last answers; what the server's processes took of the
 * CPU is read by itself at both ends of the measured time. One line of JSON says what it was.
 *
 *   load FILE PORT (closed|open) N SECONDS WARM_UP_SECONDS SOCKETS (check|echo) (spin|sleep) PID…
 *
 * FILE: for each question, little-endian: u16 octets of it, u16 ANCOUNT expected, u8 RCODE
 * expected, u8 0, then the packet. TC must be clear, and the question be repeated as it was.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
  BATCH = 64,
  PACKET_OCTETS = 4096,
  HEADER_OCTETS = 12,
  SLOTS_LEAST = 1024, /* questions out, a socket: the number of its slot is a question's ID */
  SLOTS_MOST = 65536,
  SOCKETS_MAX = 64,
  PIDS_MAX = 64,
  LATENCIES_MAX = 8 << 20,
  BUFFER_OCTETS = 4 << 20,
};
#define SECOND 1000000000LL
static const int64_t LOST_AFTER_NS = SECOND;
static const int64_t LAST_ANSWERS_NS = 100000000;

struct question {
  const uint8_t *packet;
  uint16_t octets, ancount;
  uint8_t rcode;
};
/*
 * An ID is used again only when it was answered. One whose question was given up never is: the
 * answer may come after all, and would be taken for a wrong one to another question.
 */
struct slot {
  int64_t sent_at; /* FREE, or GIVEN_UP */
  uint32_t question;
};
enum { FREE = 0, GIVEN_UP = -1 };
struct socket_of {
  int fd;
  uint32_t next;   /* the slot to use next */
  uint32_t used;   /* slots from here on were never used */
  uint32_t oldest; /* until all are used: nothing is out before this one */
  struct slot *slots;
};

static struct question *questions;
static uint32_t question_count, question_next;
static struct socket_of sockets[SOCKETS_MAX];
static int socket_count;
static uint32_t slot_count;
static int is_checked;
static int64_t measured_from, measured_to;
static int64_t sent, answered, lost, wrong;
static uint32_t *latencies;
static int64_t latency_count;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * SECOND + t.tv_nsec;
}

static int is_measured(int64_t at) { return at >= measured_from && at < measured_to; }

/* User and system time of the processes, as the scheduler counts it: nanoseconds. */
static int64_t cpu_ns(const clockid_t *clocks, int count) {
  int64_t sum = 0;
  for (int i = 0; i < count; i++) {
    struct timespec t;
    if (clock_gettime(clocks[i], &t) < 0) die("Cannot read the CPU time of the server");
    sum += t.tv_sec * SECOND + t.tv_nsec;
  }
  return sum;
}

static void read_questions(const char *file) {
  FILE *in = fopen(file, "rb");
  if (in == NULL) die("Cannot open the questions");
  fseek(in, 0, SEEK_END);
  long octets = ftell(in);
  rewind(in);
  uint8_t *all = malloc(octets);
  if (fread(all, 1, octets, in) != (size_t)octets) die("Cannot read the questions");
  fclose(in);
  questions = calloc(octets / 16 + 1, sizeof *questions);
  for (long at = 0; at + 6 <= octets;) {
    struct question *q = &questions[question_count++];
    q->octets = all[at] | all[at + 1] << 8;
    q->ancount = all[at + 2] | all[at + 3] << 8;
    q->rcode = all[at + 4];
    q->packet = all + at + 6;
    at += 6 + q->octets;
  }
  if (question_count == 0) exit(1);
}

static void open_sockets(int port) {
  for (int i = 0; i < socket_count; i++) {
    int fd = socket(AF_INET, SOCK_DGRAM, 0), size = BUFFER_OCTETS;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) die("Cannot connect");
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    sockets[i] = (struct socket_of){ fd, 0, 0, 0, calloc(slot_count, sizeof(struct slot)) };
  }
}

static void lose(struct slot *slot) {
  if (is_measured(slot->sent_at)) lost++;
  slot->sent_at = GIVEN_UP;
}

static uint32_t free_slot(struct socket_of *s) {
  for (uint32_t looked = 0; looked < slot_count; looked++) {
    uint32_t id = s->next;
    s->next = (id + 1) % slot_count;
    if (id >= s->used) s->used = id + 1;
    if (s->slots[id].sent_at == FREE) return id;
  }
  fprintf(stderr, "Cannot ask: all %u IDs of a socket are out or given up\n", slot_count);
  exit(1);
}

/* Sends the next `count` questions, at most BATCH. */
static void ask(struct socket_of *s, int count) {
  static uint8_t packets[BATCH][PACKET_OCTETS];
  static struct iovec parts[BATCH];
  static struct mmsghdr messages[BATCH];
  int64_t at = now_ns();
  for (int i = 0; i < count; i++) {
    uint32_t number = question_next++ % question_count;
    struct question *q = &questions[number];
    uint32_t id = free_slot(s);
    s->slots[id] = (struct slot){ at, number };
    memcpy(packets[i], q->packet, q->octets);
    packets[i][0] = id >> 8;
    packets[i][1] = id;
    parts[i] = (struct iovec){ packets[i], q->octets };
    messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
  }
  if (is_measured(at)) sent += count;
  for (int done = 0; done < count;) {
    int now = sendmmsg(s->fd, messages + done, count - done, 0);
    if (now > 0) done += now;
    else if (errno == ECONNREFUSED) die("Cannot ask the server");
    else if (errno != EINTR && errno != EAGAIN && errno != ENOBUFS) die("Cannot send");
  }
}

static void say_wrong(const struct question *q, const uint8_t *reply, int octets) {
  static int said;
  if (said++ >= 3) return;
  fprintf(stderr, "wrong answer to ");
  for (const uint8_t *label = q->packet + HEADER_OCTETS; *label != 0; label += *label + 1) {
    fprintf(stderr, "%.*s.", *label, label + 1);
  }
  fprintf(stderr, ": RCODE %d, ANCOUNT %d, %d octets%s; expected RCODE %d, ANCOUNT %d\n",
          reply[3] & 15, reply[6] << 8 | reply[7], octets, reply[2] & 2 ? ", truncated" : "",
          q->rcode, q->ancount);
}

static int is_right(const struct question *q, const uint8_t *reply, int octets) {
  return octets >= q->octets && (reply[2] & 0x80) != 0 && (reply[2] & 2) == 0 &&
         (reply[3] & 15) == q->rcode && (reply[6] << 8 | reply[7]) == q->ancount &&
         memcmp(reply + HEADER_OCTETS, q->packet + HEADER_OCTETS, q->octets - HEADER_OCTETS) == 0;
}

/* Takes what has come, at most BATCH; how many of our questions that answers. */
static int take(struct socket_of *s) {
  static uint8_t packets[BATCH][PACKET_OCTETS];
  static struct iovec parts[BATCH];
  static struct mmsghdr messages[BATCH];
  for (int i = 0; i < BATCH; i++) {
    parts[i] = (struct iovec){ packets[i], PACKET_OCTETS };
    messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
  }
  int got = recvmmsg(s->fd, messages, BATCH, MSG_DONTWAIT, NULL), ours = 0;
  if (got < 0 && errno == ECONNREFUSED) die("Cannot ask the server");
  int64_t at = now_ns();
  for (int i = 0; i < got; i++) {
    int octets = messages[i].msg_len;
    const uint8_t *reply = packets[i];
    if (octets < HEADER_OCTETS) continue;
    uint32_t id = reply[0] << 8 | reply[1];
    if (id >= slot_count || s->slots[id].sent_at == FREE) continue; /* not asked for */
    struct slot *slot = &s->slots[id];
    const struct question *q = &questions[slot->question];
    if (is_checked && !is_right(q, reply, octets)) {
      wrong++;
      say_wrong(q, reply, octets);
    }
    if (slot->sent_at == GIVEN_UP) continue; /* too late */
    ours++;
    if (is_measured(at)) answered++;
    if (is_measured(slot->sent_at) && latency_count < LATENCIES_MAX) {
      int64_t took = at - slot->sent_at;
      latencies[latency_count++] = took > UINT32_MAX ? UINT32_MAX : took;
    }
    slot->sent_at = FREE;
  }
  return ours;
}

/* Questions out for too long; in a closed loop others take their place. */
static void give_up(int64_t before, int is_closed) {
  for (int i = 0; i < socket_count; i++) {
    struct socket_of *s = &sockets[i];
    int count = 0;
    /* In the first lap the slots are in order of time, and few have to be looked at. */
    int is_ordered = s->used < slot_count;
    for (uint32_t id = is_ordered ? s->oldest : 0; id < s->used; id++) {
      struct slot *slot = &s->slots[id];
      int is_old = slot->sent_at <= before;
      if (is_ordered && !is_old) break;
      if (is_old && slot->sent_at > 0) {
        lose(slot);
        if (count < BATCH) count++;
      }
      if (is_ordered) s->oldest = id + 1;
    }
    if (is_closed && count > 0) ask(s, count);
  }
}

static int64_t poisson_ns(double rate) {
  static uint64_t state = 88172645463325252ULL;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  double uniform = ((state >> 11) + 1) / 9007199254740993.0;
  return -log(uniform) / rate * SECOND;
}

/* In an open loop one for each question there will be, if an ID has so many values. */
static uint32_t slots_for(double questions_of_socket) {
  uint32_t slots = SLOTS_LEAST;
  while (slots < SLOTS_MOST && slots < questions_of_socket) slots *= 2;
  return slots;
}

static int by_size(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static double quantile_us(double q) {
  if (latency_count == 0) return -1;
  int64_t rank = ceil(q * latency_count) - 1;
  return latencies[rank < 0 ? 0 : rank] / 1000.0;
}

static int wait_for(int epoll, struct epoll_event *events, int64_t for_ns) {
  struct timespec timeout = { for_ns / SECOND, for_ns % SECOND };
  int ready = epoll_pwait2(epoll, events, SOCKETS_MAX, &timeout, NULL);
  return ready < 0 ? 0 : ready;
}

int main(int count, char **words) {
  if (count < 11 || count > 10 + PIDS_MAX) {
    fprintf(stderr, "Cannot read the words: expected FILE PORT closed|open N SECONDS "
                    "WARM_UP_SECONDS SOCKETS check|echo spin|sleep PID...\n");
    return 2;
  }
  int is_closed = strcmp(words[3], "closed") == 0;
  double rate = atof(words[4]), seconds = atof(words[5]), warm_up = atof(words[6]);
  socket_count = atoi(words[7]);
  if (socket_count < 1 || socket_count > SOCKETS_MAX || rate <= 0) return 2;
  is_checked = strcmp(words[8], "check") == 0;
  int is_spinning = strcmp(words[9], "spin") == 0;
  clockid_t clocks[PIDS_MAX];
  int clock_count = count - 10;
  for (int i = 0; i < clock_count; i++) {
    if (clock_getcpuclockid(atoi(words[10 + i]), &clocks[i]) != 0) die("Cannot find the server");
  }
  prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
  latencies = malloc(LATENCIES_MAX * sizeof *latencies);
  read_questions(words[1]);
  slot_count = slots_for(is_closed ? 0 : 1.1 * rate * (warm_up + seconds) / socket_count);
  open_sockets(atoi(words[2]));
  int epoll = epoll_create1(0);
  for (int i = 0; i < socket_count; i++) {
    struct epoll_event event = { .events = EPOLLIN, .data.u32 = i };
    epoll_ctl(epoll, EPOLL_CTL_ADD, sockets[i].fd, &event);
  }

  int64_t begun = now_ns(), looked = begun, due = begun, cpu_from = 0, now;
  measured_from = begun + warm_up * SECOND;
  measured_to = measured_from + seconds * SECOND;
  question_next = begun / 1000 % question_count;
  if (is_closed) {
    int each = ceil(rate / socket_count);
    for (int i = 0; i < socket_count; i++) {
      for (int left = each; left > 0; left -= BATCH) ask(&sockets[i], left < BATCH ? left : BATCH);
    }
  }
  int turn = 0;
  while ((now = now_ns()) < measured_to) {
    if (cpu_from == 0 && now >= measured_from) {
      cpu_from = cpu_ns(clocks, clock_count);
      measured_from = now;
    }
    if (now - looked > LOST_AFTER_NS / 10) {
      give_up(now - LOST_AFTER_NS, is_closed);
      looked = now;
    }
    int64_t wait_ns = LOST_AFTER_NS / 10;
    if (!is_closed) {
      for (; due <= now; due += poisson_ns(rate)) ask(&sockets[turn++ % socket_count], 1);
      wait_ns = is_spinning || due <= now ? 0 : due - now;
    }
    struct epoll_event events[SOCKETS_MAX];
    int ready = wait_for(epoll, events, wait_ns);
    for (int i = 0; i < ready; i++) {
      struct socket_of *s = &sockets[events[i].data.u32];
      int ours = take(s);
      if (is_closed && ours > 0) ask(s, ours);
    }
  }
  int64_t cpu = cpu_ns(clocks, clock_count) - cpu_from;
  measured_to = now;

  while (now_ns() < measured_to + LAST_ANSWERS_NS) {
    struct epoll_event events[SOCKETS_MAX];
    int ready = wait_for(epoll, events, LAST_ANSWERS_NS / 10);
    for (int i = 0; i < ready; i++) take(&sockets[events[i].data.u32]);
  }
  give_up(INT64_MAX, 0);
  qsort(latencies, latency_count, sizeof *latencies, by_size);
  printf("{\"seconds\":%.6f,\"sent\":%lld,\"answered\":%lld,\"lost\":%lld,\"wrong\":%lld,"
         "\"cpuUs\":%.3f,\"p50Us\":%.3f,\"p99Us\":%.3f}\n",
         (measured_to - measured_from) / 1e9, (long long)sent, (long long)answered,
         (long long)lost, (long long)wrong, cpu / 1000.0, quantile_us(0.5), quantile_us(0.99));
  return 0;
}
