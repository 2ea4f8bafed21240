import { describe } from 'node:test';
import { findServer, missingServer } from '../../test/servers/find-server.ts';
import { NATS_VERSIONS, startNats } from '../../test/servers/nats.ts';
import { testLogContract } from '../log/contract.ts';
import { FEDERATION } from '../log/contract-facts.ts';
import { openJetStreamLogs } from './jetstream-logs.ts';

for (const version of NATS_VERSIONS) {
  const binary = findServer(version);
  const options = binary === undefined ? { skip: missingServer(version) } : {};
  describe(`the log on ${version}, one node`, options, () =>
    testLogContract(async () => {
      const nats = await startNats(binary ?? '', 1);
      const open = () => openJetStreamLogs({ servers: nats.urls, federation: FEDERATION });
      return { connect: async () => open(), end: () => nats.stop() };
    }),
  );
}
