import { Failure } from "../model/failure.ts";

export interface Connection {
  readonly peerPort: number;
  /** The number of bytes read, or null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<void>;
  closeWrite(): Promise<void>;
  /** Closes both directions; may be called twice. */
  close(): void;
}

export interface Listener {
  readonly port: number;
  /**
   * The next connection, or nothing once closed.
   *
   * @param failed called whenever one cannot be accepted, as without a file descriptor for it
   */
  accept(failed?: () => void): Promise<Connection | undefined>;
  close(): void;
}

export interface ListenOptions {
  readonly hostname: string;
  readonly port: number;
  /** PEM; without it, connections are unencrypted. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

interface RawListener {
  readonly addr: unknown;
  accept(): Promise<RawConnection>;
  close(): void;
}

interface RawConnection {
  readonly remoteAddr: unknown;
  read(buffer: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  closeWrite(): Promise<void>;
  close(): void;
}

export function listenerOver(raw: RawListener): Listener {
  let open = true;
  return {
    port: (raw.addr as { port: number }).port,
    async accept(failed = () => {}) {
      while (open) {
        try {
          return connectionOver(await raw.accept());
        } catch {
          // Closed, reset before it was accepted, or out of file descriptors, which is temporary.
          if (open) failed();
          if (open) await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
      return undefined;
    },
    close() {
      if (open) raw.close();
      open = false;
    },
  };
}

function connectionOver(raw: RawConnection): Connection {
  let open = true;
  return {
    peerPort: (raw.remoteAddr as { port: number }).port,
    read: (buffer) => raw.read(buffer),
    async write(bytes) {
      for (let at = 0; at < bytes.length;) at += await raw.write(bytes.subarray(at));
    },
    closeWrite: () => raw.closeWrite(),
    close() {
      if (open) raw.close();
      open = false;
    },
  };
}

export function failedListen({ hostname, port }: ListenOptions, error: unknown): Failure {
  const text = error instanceof Error ? `${error.name} ${error.message}` : String(error);
  const [cause, hint] = /AddrInUse|os error 98\b|os error 48\b/.test(text)
    ? ["another program uses this port", "use --port 0 for any free port"]
    : /PermissionDenied|os error 13\b/.test(text)
    ? ["permission denied", "ports below 1024 are privileged"]
    : /AddrNotAvailable|os error 99\b/.test(text)
    ? ["the address does not belong to this machine", undefined]
    : [error instanceof Error ? error.message : text, undefined];
  const place = `${hostname}:${port}`;
  return new Failure("network", `cannot listen on ${place}: ${cause}`, hint, { cause: error });
}
