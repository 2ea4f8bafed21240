/** Whether the API server of a cluster replies now, by what became of the last requests to it. */
import type { RequestObserver } from '../../libs/cluster-kubernetes/request-observer.ts';
import type { Metrics } from '../../libs/telemetry/metrics.ts';

/** As RequestObserver has it. */
const NO_REPLY = '<error>';
/** One request without a reply is what networks do. */
const LOST_AFTER = 2;

export class Reach {
  #hasReplied = false;
  /** Requests without a reply since the last one that had some. */
  #failures = 0;

  get isLost(): boolean {
    return this.#failures >= LOST_AFTER;
  }

  /** Hears what the observer hears. */
  hearing(observer: RequestObserver): RequestObserver {
    return {
      ...observer,
      replied: (host, code) => {
        this.#hasReplied ||= code !== NO_REPLY;
        this.#failures = code === NO_REPLY ? this.#failures + 1 : 0;
        observer.replied(host, code);
      },
    };
  }

  follow(metrics: Metrics, cluster: string): void {
    const help = '1 when its API server replies to the requests of this process.';
    metrics
      .gauge({ name: 'isthmus_cluster_reachable', help, labels: ['cluster'] })
      .follow([cluster], () => (this.#hasReplied && !this.isLost ? 1 : 0));
  }
}
