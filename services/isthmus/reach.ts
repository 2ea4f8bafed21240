/** Whether the API server of a cluster replies now, by what became of the last request to it. */
import type { RequestObserver } from '../../libs/cluster-kubernetes/request-observer.ts';
import type { Metrics } from '../../libs/telemetry/metrics.ts';

/** As RequestObserver has it. */
const NO_REPLY = '<error>';

export class Reach {
  #last: string | undefined;

  /** Requests were sent, and the last one had no reply. */
  get isLost(): boolean {
    return this.#last === NO_REPLY;
  }

  /** Hears what the observer hears. */
  hearing(observer: RequestObserver): RequestObserver {
    return {
      ...observer,
      replied: (host, code) => {
        this.#last = code;
        observer.replied(host, code);
      },
    };
  }

  follow(metrics: Metrics, cluster: string): void {
    const help = '1 when its API server replied to the last request of this process.';
    metrics
      .gauge({ name: 'isthmus_cluster_reachable', help, labels: ['cluster'] })
      .follow([cluster], () => (this.#last === undefined || this.isLost ? 0 : 1));
  }
}
