import { narrowingWords } from "../model/credentials.ts";
import { isLoopback } from "../model/endpoint.ts";
import { quote, usage } from "../model/failure.ts";
import { parseName } from "../model/names.ts";
import type { Command, Line } from "../line/command.ts";
import { answerFor } from "../delivery/credential_server.ts";
import { serveHttp } from "../delivery/http_server.ts";
import { quoteSh } from "../formats/shell.ts";
import { noProfile } from "../session/keep.ts";
import { narrowableProfiles } from "../session/serving/narrowable.ts";
import { servedClients } from "../session/serving/serving.ts";
import { openStore } from "../session/stores.ts";
import type { System } from "../system/system.ts";
import { narrowingOf, narrowingOptions } from "./profile/options.ts";
import { confirmServing } from "./serve/confirm.ts";
import { addressOf } from "./serve/print_env.ts";
import { isTokenIn, refuseClientsToken, serverToken, tokenPath } from "./serve/token_file.ts";

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
      value: "LABEL|NAME",
      completes: "served",
      help: "print the two variables for this client, or for this profile as default, and exit",
    },
    { name: "clients-only", help: "accept only the clients of athm serve token, not default" },
    ...narrowingOptions,
  ],
  examples: [
    "athm serve example",
    "athm serve example --read-only",
    'eval "$(athm serve --print-env example)"',
    "athm serve --host 192.0.2.7 --tls-cert cert.pem --tls-key key.pem",
  ],
  work: async (line, system) => {
    const { values } = line;
    const place = placeOf(line, system);
    line.operands.forEach((each) => parseName(each));
    const store = await openStore(system);
    const [word, file] = [values.text("print-env"), values.text("token-file")];
    if (!store) throw noProfile(word ?? line.operands[0] ?? "", []);
    if (word !== undefined) {
      if (place.port === 0) {
        throw usage(
          "--print-env requires the server's port",
          "the server prints it when it starts",
        );
      }
      const { profile, token } = await addressOf(system, store, word, line.operands, file);
      const url = `${place.origin}/${profile}`;
      system.out(`export AWS_CONTAINER_CREDENTIALS_FULL_URI=${quoteSh(url)}\n`);
      system.out(`export AWS_CONTAINER_AUTHORIZATION_TOKEN=${quoteSh(token.reveal())}\n`);
      return 0;
    }
    const isOpen = !values.has("clients-only");
    if (!isOpen && file !== undefined) {
      throw usage("--token-file is the token of the client default, which --clients-only rejects");
    }
    const narrowing = await narrowingOf(values, system, () => Promise.resolve(store));
    const only = await narrowableProfiles(system, store, line.operands, narrowing);
    const path = tokenPath(system, store, file);
    if (isOpen) await refuseClientsToken(system, store, path);
    const confirmed = await confirmServing(line, system, store, only, narrowing);
    if (isOpen) serverToken(system, path);
    const stop = new AbortController();
    const clients = servedClients(system, {
      store,
      only,
      confirmed,
      narrowing,
      // Read it at each request: removing or replacing the token revokes it.
      usual: {
        exists: () => isOpen && system.files.facts(path) !== undefined,
        has: (token) => isOpen && isTokenIn(system, path, token),
      },
      signal: stop.signal,
    });
    const listener = system.listen(place);
    const origin = place.origin.replace(/:\d+$/, `:${listener.port}`);
    const server = serveHttp(
      listener,
      answerFor(system, {
        client: clients.client,
        // With TLS, the certificate defines the host names.
        hosts: "tls" in place ? undefined : [new URL(origin).host],
      }),
    );
    const restricted = narrowing ? ` (${narrowingWords(narrowing)})` : "";
    const to = isOpen ? "" : " to added clients";
    system.say(
      `athm: serving ${only.join(", ") || "every profile"}${restricted}${to} at ${origin}/NAME`,
    );
    system.say(
      isOpen
        ? `athm: eval "$(athm serve --print-env NAME${printOptions(line, listener.port)})" uses it`
        : `athm: eval "$(athm serve --print-env LABEL${
          printOptions(line, listener.port)
        })" uses it`,
    );
    if (isOpen) only.forEach(clients.prepare);
    await ended(system);
    stop.abort();
    await server.close();
    await clients.logged();
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
    .map((name) => ` --${name} ${quote(values.text(name) ?? "")}`);
  return (port === defaultPort ? "" : ` --port ${port}`) + options.join("");
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
