import { testClusterOf } from './cluster-contract.ts';

testClusterOf('nats-server 2.9');
