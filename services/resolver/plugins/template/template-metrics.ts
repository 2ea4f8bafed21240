/** What the plugin counts, under CoreDNS's names. */
import type { Metrics } from '../../../../libs/telemetry/metrics.ts';
import type { Matched } from './query-values.ts';
import type { RecordFailure, RecordTemplate } from './record-template.ts';

export interface TemplateMetrics {
  matched(matched: Matched): void;
  failed(matched: Matched, template: RecordTemplate, of: RecordFailure['of']): void;
}

export function createTemplateMetrics(
  metrics: Metrics,
  server: string,
  view: string,
): TemplateMetrics {
  const common = ['server', 'zone', 'view', 'class', 'type'];
  const counter = (name: string, help: string, labels: readonly string[]) =>
    metrics.counter({ name: `coredns_template_${name}`, help, labels });
  const matches = counter('matches_total', 'Queries that a template took.', common);
  const named = [...common, 'section', 'template'];
  const failures = {
    template: counter('template_failures_total', 'Templates that could not be filled in.', named),
    record: counter('rr_failures_total', 'Templates that made what is no record.', named),
  };
  const labelsOf = ({ zone, className, type }: Matched) =>
    // Clients make up types: without a name of their own they are counted together.
    [server, zone, view, className, /^TYPE\d/.test(type) ? '' : type];
  return {
    matched: (matched) => matches.add(labelsOf(matched)),
    failed(matched, { section, source }, of) {
      failures[of].add([...labelsOf(matched), section, source]);
    },
  };
}
