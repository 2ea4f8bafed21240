/**
 * Credentials that another program (exec) or an identity provider (auth-provider) gives: the
 * Kubernetes client's work, which is loaded for them alone. One KubeConfig per cluster: the library
 * keys its cache of credentials by the user's name alone, and two clusters may use the same.
 */
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';

export class ProvidedCredentials {
  readonly #config = new KubeConfig();

  /** Throws what is wrong with the file. */
  constructor(file: string, context: string) {
    this.#config.loadFromFile(file);
    this.#config.setCurrentContext(context);
    // The library refuses plain HTTP unless TLS is not verified either; kubectl takes it.
    this.#config.clusters = this.#config.clusters.map((one) =>
      one.server.startsWith('http:') ? { ...one, skipTLSVerify: true } : one,
    );
  }

  /** TLS options and headers. */
  async take(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    return options;
  }
}
