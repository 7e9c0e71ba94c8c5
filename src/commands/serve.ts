import { Failure, usage } from "../model/failure.ts";
import { isLoopback } from "../model/endpoint.ts";
import { nameKey, parseName } from "../model/names.ts";
import { type Narrowing, narrowingWords, type Session } from "../model/credentials.ts";
import type { Command, Line } from "../line/command.ts";
import { answerFor } from "../delivery/credential_server.ts";
import { serveHttp } from "../delivery/http_server.ts";
import { quoteSh } from "../formats/shell.ts";
import { keep, type Keeper } from "../session/renewal/keeper.ts";
import { noProfile, profileNamed } from "../session/keep.ts";
import { lasting, storedRenewal } from "../session/renewal/renewal.ts";
import { openStore, type Store } from "../session/stores.ts";
import type { System } from "../system/system.ts";
import { narrowingOf, narrowingOptions } from "./profile/options.ts";
import { serverToken } from "./server_token.ts";

const defaultPort = 9911;

/** `athm serve [NAME…]`: serves credentials to containers, IDEs and remote development. */
export const command: Command = {
  count: [0, Infinity],
  options: [
    { name: "port", value: "N", help: `port to listen on, 0 for any (default ${defaultPort})` },
    { name: "host", value: "H", help: "address to listen on (default 127.0.0.1)" },
    {
      name: "tls-cert",
      value: "FILE",
      help: "TLS certificate (PEM), required for addresses beyond loopback",
    },
    { name: "tls-key", value: "FILE", help: "private key of the certificate (PEM)" },
    {
      name: "token-file",
      value: "FILE",
      help: "token file, created if missing (default: in athm's folder)",
    },
    {
      name: "print-env",
      value: "NAME",
      completes: "profile",
      help: "print the two variables for this profile and exit",
    },
    ...narrowingOptions,
  ],
  examples: [
    "athm serve example",
    "athm serve example --read-only",
    'eval "$(athm serve --print-env example)"',
    "athm serve --host 192.0.2.7 --tls-cert cert.pem --tls-key key.pem",
  ],
  work: async (line, system) => {
    const place = placeOf(line, system);
    line.operands.forEach(parseName);
    const store = await openStore(system);
    const client = line.values.text("print-env");
    if (!store) throw noProfile(client ?? line.operands[0] ?? "", []);
    const token = serverToken(system, store, line.values.text("token-file"));
    if (client !== undefined) {
      if (place.port === 0) {
        throw usage(
          "--print-env requires the server's port",
          "the server prints it when it starts",
        );
      }
      const { name } = await profileNamed(store, parseName(client));
      const url = `${place.origin}/${name}`;
      system.out(`export AWS_CONTAINER_CREDENTIALS_FULL_URI=${quoteSh(url)}\n`);
      system.out(`export AWS_CONTAINER_AUTHORIZATION_TOKEN=${quoteSh(token.reveal())}\n`);
      return 0;
    }
    for (const name of line.operands) await profileNamed(store, name);
    const stop = new AbortController();
    const narrowing = await narrowingOf(line.values, system, () => Promise.resolve(store));
    const profiles = keepers(system, store, line.operands, narrowing, stop.signal);
    const listener = system.listen(place);
    const origin = place.origin.replace(/:\d+$/, `:${listener.port}`);
    const server = serveHttp(
      listener,
      answerFor(system, {
        token,
        // With TLS, the certificate defines the host names.
        hosts: "tls" in place ? undefined : [new URL(origin).host],
        credentials: profiles,
      }),
    );
    const restricted = narrowing ? ` (${narrowingWords(narrowing)})` : "";
    system.say(
      `athm: serving ${line.operands.join(", ") || "every profile"}${restricted} at ${origin}/NAME`,
    );
    system.say(
      `athm: eval "$(athm serve --print-env NAME${printOptions(line, listener.port)})" uses it`,
    );
    // The keeper reports failures, and so does the response to a client.
    for (const name of line.operands) profiles(`/${name}`)?.catch(() => {});
    await ended(system);
    stop.abort();
    await server.close();
    return 0;
  },
};

/** Where to listen; without TLS only on a loopback address. */
function placeOf({ values }: Line, system: System) {
  const text = values.text("port") ?? String(defaultPort);
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65535)) throw usage(`--port ${JSON.stringify(text)} is not a port: 0 to 65535`);
  const hostname = values.text("host") ?? "127.0.0.1";
  const [cert, key] = [values.text("tls-cert"), values.text("tls-key")];
  if ((cert === undefined) !== (key === undefined)) {
    throw usage("--tls-cert and --tls-key require each other");
  }
  if (!isLoopback(hostname) && cert === undefined) {
    throw usage(
      `--host ${hostname} is reachable by others, who could read the credentials in transit`,
      "use --tls-cert and --tls-key, or a loopback address such as 127.0.0.1",
    );
  }
  const shown = hostname.includes(":") ? `[${hostname}]` : hostname;
  const origin = `${cert === undefined ? "http" : "https"}://${shown}:${port}`;
  if (cert === undefined || key === undefined) return { hostname, port, origin };
  const tls = { cert: pem(system, "--tls-cert", cert), key: pem(system, "--tls-key", key) };
  return { hostname, port, origin, tls };
}

function pem(system: System, option: string, path: string): string {
  const bytes = system.files.read(path);
  if (!bytes) throw usage(`${option}: file ${path} not found`);
  return new TextDecoder().decode(bytes);
}

/** The options that `--print-env` needs to describe this server. */
function printOptions({ values }: Line, port: number): string {
  const options = ["host", "tls-cert", "tls-key", "token-file"]
    .filter((name) => values.has(name))
    .map((name) => ` --${name} ${values.text(name)}`);
  return (port === defaultPort ? "" : ` --port ${port}`) + options.join("");
}

/** Returns each profile's keeper, started on first use. */
function keepers(
  system: System,
  store: Store,
  only: readonly string[],
  narrowing: Narrowing | undefined,
  signal: AbortSignal,
): (path: string) => Promise<Session> | undefined {
  const started = new Map<string, Keeper>();
  const quiet = lasting(system, store);
  const allowed = new Set(only.map(nameKey));
  return (path) => {
    const name = path.startsWith("/") ? path.slice(1) : "";
    const key = nameKey(name);
    if (!/^[\w.@-]{1,64}$/.test(name) || (allowed.size > 0 && !allowed.has(key))) return undefined;
    const there = started.get(key);
    if (there) return masked(there.current());
    return masked((async () => {
      await profileNamed(quiet, name);
      const keeper = started.get(key) ??
        keep(system, undefined, storedRenewal(system, quiet, name, narrowing));
      if (!started.has(key)) {
        keeper.run(signal).catch((error) => {
          system.trace("renewal stopped", { profile: name, error: String(error?.name) });
        });
      }
      started.set(key, keeper);
      return await keeper.current();
    })());
  };
}

/** Hides from clients which profiles exist. */
async function masked<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Failure && error.code === "not-found")) throw error;
    throw new Failure("not-found", "not found");
  }
}

function ended({ children }: System): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      const off = children.onSignal(signal, () => {
        off();
        resolve();
      });
    }
  });
}
