import { flagsHelp } from './flags.ts';

/** What --help prints. */
export const HELP = `isthmus: multi-cluster DNS for Kubernetes

  isthmus up        watch clusters and answer DNS in one process; also what no verb means
  isthmus watcher   tell one cluster's state to a log:
                      isthmus watcher --cluster east --kubeconfig FILE --context C --log nats://HOST:4222
                      isthmus watcher --cluster east --manifests DIR --log nats://HOST:4222
                    pods only with --pods, which needs the right to list and watch them
  isthmus resolver  answer DNS from a log, as the Corefile says:
                      isthmus resolver -conf Corefile
  isthmus check     whether a Corefile can be used, and what of it may surprise; opens nothing:
                      isthmus check [FILE]
  isthmus translate the ConfigMap of kube-dns into a Corefile, new or there already:
                      isthmus translate kube-dns.yaml
                      isthmus translate kube-dns.yaml --apply-to Corefile

  For operators, with --log nats://HOST:4222, or of the process that runs here (--state DIR):

  isthmus status    the federation: what is drained and pinned, and its clusters
  isthmus clusters  each cluster: how it stands, how far and how old it is (-o wide, -o json)
  isthmus drain     take a cluster out of answers wherever others can give them: isthmus drain east
  isthmus restore   take it in again
  isthmus pin       hold a Service as it was:  isthmus pin shop/web --at 10m
                                               isthmus pin shop/web --at 118 --cluster east
  isthmus unpin     let it go:                 isthmus unpin shop/web
  isthmus release   tell what a watcher holds back since it would remove most of a cluster:
                                               isthmus release east

  isthmus prepare   make a cluster's log on NATS, where its watcher may not:
                      isthmus prepare east --log nats://HOST:4222 --log-replicas 3
                    or the mirror of one that a site has (deploy/nats):
                      isthmus prepare east --mirror-of east --log nats://HUB:4222

  isthmus up --kubeconfig FILE              all contexts of a kubeconfig, on 127.0.0.1:1053
  isthmus -conf Corefile -dns.port 53       CoreDNS's command line
  isthmus up --kube-dns-config DIR          in a pod of kube-dns: its ConfigMap, mounted

Flags, each also an environment variable (the flag wins):
${flagsHelp()}

Exit codes: 0 done, or stopped as asked; 1 failed; 2 the command line or the Corefile can't be
understood.`;
