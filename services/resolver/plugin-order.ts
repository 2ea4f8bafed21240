/**
 * The order of the chain, outermost first, whatever the order in the Corefile: CoreDNS's
 * (plugin.cfg), since configurations rely on it. A plugin feels all that is below it, and must not
 * care what is above. Those that nobody sets up (configuration.ts) are known, and refused by name.
 */
export interface Seat {
  readonly name: string;
  /** Why it sits here. */
  readonly why: string;
}

const seat = (name: string, why: string): Seat => ({ name, why });

export const PLUGIN_ORDER: readonly Seat[] = [
  // What configures the process or a listener, and never sees a query.
  seat('root', 'where relative paths begin, for all below'),
  seat('metadata', 'collects facts of a query before anyone reads them'),
  seat('geoip', 'adds the client place to the metadata'),
  seat('cancel', 'bounds the time of all below'),
  seat('proxyproto', 'says who the client really is'),
  seat('quic', 'limits of a listener'),
  seat('grpc_server', 'limits of a listener'),
  seat('https', 'limits of a listener'),
  seat('https3', 'limits of a listener'),
  seat('timeouts', 'limits of a listener'),
  seat('multisocket', 'how many sockets a listener has'),
  seat('reload', 'watches the Corefile'),
  seat('nsid', 'marks replies, also those of the cache'),
  seat('bufsize', 'lowers the size the client told before anyone reads it'),
  seat('bind', 'where the server block listens'),
  seat('debug', 'what happens on a defect'),
  seat('trace', 'measures all below'),
  seat('ready', 'asks all others whether they can serve'),
  seat('health', 'says that the process lives'),
  seat('pprof', 'profiles the process'),
  seat('shed', 'drops before work is done'),
  // What looks at replies as the client gets them.
  seat('prometheus', 'counts what the client gets'),
  seat('errors', 'writes the failures of all below'),
  seat('log', 'writes what the client gets'),
  seat('dnstap', 'tells others what the client gets'),
  seat('local', 'answers local names before anything is asked'),
  seat('dns64', 'makes AAAA of A, also of cached ones'),
  seat('any', 'answers ANY before anything is asked'),
  seat('chaos', 'answers for class CH before anything is asked'),
  seat('loadbalance', 'turns addresses of each reply, so above the cache'),
  seat('tsig', 'checks signatures before the query is changed'),
  seat('rewrite', 'changes names before the cache remembers them'),
  seat('autopath', 'asks for several names, each cached by itself'),
  seat('acl', 'refuses before the cache answers'),
  seat('cache', 'remembers what all below said'),
  seat('redisc', 'the cache that several servers share, below the own'),
  seat('header', 'sets flags of replies before they are cached'),
  seat('dnssec', 'signs what all below said; signed replies are cached'),
  seat('tls', 'keys of a listener'),
  seat('minimal', 'shortens replies before they are cached'),
  // Sources, from the most specific to the most general.
  seat('template', 'made-up answers win over data'),
  seat('transfer', 'hands out the zones of the sources below'),
  seat('hosts', 'a file of the operator wins over what is discovered'),
  seat('route53', 'a source of zones'),
  seat('azure', 'a source of zones'),
  seat('clouddns', 'a source of zones'),
  seat('k8s_external', 'the addresses that clusters show outside'),
  seat('federation', "our source, in the place of CoreDNS's kubernetes"),
  seat('kubernetes', 'one cluster'),
  seat('kubernetai', 'several clusters, in the place of kubernetes'),
  seat('multicluster', 'clusterset names'),
  seat('file', 'zone files, below what is discovered'),
  seat('auto', 'zone files of a folder'),
  seat('secondary', 'zones of other servers'),
  seat('etcd', 'a source of names'),
  seat('loop', 'finds that a forwarder leads back here'),
  seat('forward', 'asks others for all that no source knows'),
  seat('grpc', 'asks others, over gRPC'),
  seat('erratic', 'answers badly, for tests'),
  seat('whoami', 'answers all, so nothing below it is ever asked'),
  seat('on', 'runs commands of the operator'),
  seat('sign', 'signs zone files'),
  seat('view', 'chooses server blocks'),
  seat('nomad', 'a source of names'),
];
