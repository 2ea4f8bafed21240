/**
 * How a cluster is reached, as plain data: what the configuration says, and what becomes of it.
 *
 *   KubernetesAccess ── load-access.ts, kubeconfig.ts ──► Access ── credentials.ts ──► a request
 */

export type KubernetesAccess =
  | {
      readonly kind: 'kubeconfig';
      readonly file: string;
      /** Without it the file's current-context. */
      readonly context?: string | undefined;
    }
  /** The service account of the pod we run in. */
  | { readonly kind: 'in-cluster' }
  /** A URL by itself, `https://HOST[:PORT]` or `http://HOST[:PORT]`. */
  | { readonly kind: 'endpoint'; readonly url: string; readonly tls?: TlsFiles | undefined };

/** Files in PEM. */
export interface TlsFiles {
  /** Who we are. */
  readonly cert: string;
  readonly key: string;
  /** Whom we trust; without TlsFiles those whom the system trusts. */
  readonly ca: string;
}

/** A file is read when it is used: certificates and tokens are rotated. */
export type Secret =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'text'; readonly text: string }
  | undefined;

export interface Cluster {
  /** URL without a slash at its end. */
  readonly server: string;
  readonly ca: Secret;
  readonly isTlsVerified: boolean;
  readonly tlsServerName: string | undefined;
  readonly proxyUrl: string | undefined;
}

export type User =
  | {
      readonly kind: 'own';
      readonly certificate: Secret;
      readonly key: Secret;
      readonly token: Secret;
      readonly username: string | undefined;
      readonly password: string | undefined;
      /** As whom to act. */
      readonly impersonated: string | undefined;
    }
  /** By an exec plugin or an auth-provider. */
  | { readonly kind: 'provided'; readonly file: string; readonly context: string };

export interface Access {
  readonly cluster: Cluster;
  readonly user: User;
}

export type AccessOutcome =
  | ({ readonly kind: 'access' } & Access)
  | { readonly kind: 'refused'; readonly why: string };

/** A user without any credentials. */
export const ANONYMOUS = {
  kind: 'own',
  certificate: undefined,
  key: undefined,
  token: undefined,
  username: undefined,
  password: undefined,
  impersonated: undefined,
} as const;
