import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCorefile } from '../../libs/corefile/parser.ts';
import { HOME_DEFAULTS, type PodMode } from '../../libs/federation/layer.ts';
import { idleAutopath } from './block-clusters.ts';

const rows: readonly (readonly [autopath: string, pods: PodMode, isIdle: boolean])[] = [
  ['autopath @kubernetes', 'verified', false],
  ['autopath @kubernetes', 'insecure', true],
  ['autopath cluster.local @kubernetes', 'disabled', true],
  ['autopath /etc/resolv.conf', 'disabled', false],
  ['errors', 'disabled', false],
];
for (const [line, pods, isIdle] of rows) {
  test(`"${line}" with "pods ${pods}" ${isIdle ? 'walks nothing' : 'is as it should be'}`, () => {
    const source = { file: 'Corefile', text: `. {\n${line}\n}` };
    const [block] = parseCorefile(source, { environment: {}, readFiles: () => [] }).blocks;
    assert.ok(block !== undefined);
    const zones = { zones: ['cluster.local.'], reverseZones: [], ttl: 5, fallthrough: [] };
    const layer = { ...HOME_DEFAULTS, ...zones, kind: 'home' as const, cluster: 'east', pods };
    assert.equal(
      idleAutopath(block, 'kubernetes', [layer]),
      isIdle
        ? 'Corefile:2: autopath walks nothing: no pods are known; expected pods verified'
        : undefined,
    );
  });
}
