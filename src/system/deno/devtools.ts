import { storeVariables } from "../../model/variables.ts";
import { Failure } from "../../model/failure.ts";
import { type ChildEnd, endOf, failedStart, withoutVariables } from "../children.ts";
import {
  type BrowserDriver,
  type BrowserSpec,
  type DrivenBrowser,
  zeroEnded,
} from "../devtools.ts";
import { sleep } from "../sleep.ts";
import { platform, separator } from "./platform.ts";

/** Milliseconds for a browser to save its cookies and end. */
const grace = 5_000;
/** Milliseconds for a browser to open its port. */
const patience = 20_000;

export const browserDriver: BrowserDriver = {
  start: (spec) => platform === "windows" ? startOnPort(spec) : Promise.resolve(startOnPipe(spec)),
};

/**
 * The protocol over descriptors 3 and 4, which no other program can open. Deno only passes three
 * descriptors, so a shell moves the first two and then execs the browser.
 */
export function startOnPipe({ command, args, profile }: BrowserSpec): DrivenBrowser {
  const own = ["--remote-debugging-pipe", `--user-data-dir=${profile}`];
  const move = 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null';
  const child = spawned(command, {
    command: "/bin/sh",
    args: ["-c", move, "sh", command, ...own, ...args],
    stdin: "piped",
    stdout: "piped",
  });
  const writer = child.stdin.getWriter();
  const encoder = new TextEncoder();
  const ended = endOf(child.status);
  return {
    send: (message) => void writer.write(encoder.encode(`${message}\0`)).catch(() => {}),
    messages: zeroEnded(child.stdout),
    ended,
    async close() {
      await writer.close().catch(() => {});
      await endOrKill(child, ended);
      await child.stdout.cancel().catch(() => {});
    },
  };
}

/**
 * The protocol over a WebSocket on a loopback port, for Windows, where no shell can move
 * descriptors. Meanwhile other programs of this machine could drive the browser too.
 */
export async function startOnPort({ command, args, profile }: BrowserSpec): Promise<DrivenBrowser> {
  const file = `${profile}${separator}DevToolsActivePort`;
  await Deno.remove(file).catch(() => {});
  const own = ["--remote-debugging-port=0", `--user-data-dir=${profile}`];
  const child = spawned(command, {
    command,
    args: [...own, ...args],
    stdin: "null",
    stdout: "null",
  });
  const ended = endOf(child.status);
  try {
    const socket = new WebSocket(await addressIn(file, ended));
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(silent(command));
    });
    return {
      send: (message) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(message);
      },
      messages: messagesOf(socket),
      ended,
      async close() {
        // Unlike a pipe, closing the socket does not end the browser.
        if (socket.readyState === WebSocket.OPEN) {
          socket.send(JSON.stringify({ id: 2 ** 31 - 1, method: "Browser.close" }));
        }
        await endOrKill(child, ended);
        socket.close();
      },
    };
  } catch (error) {
    await endOrKill(child, ended);
    throw error instanceof Failure ? error : silent(command);
  }
}

interface Start {
  readonly command: string;
  readonly args: readonly string[];
  readonly stdin: "piped" | "null";
  readonly stdout: "piped" | "null";
}

function spawned(name: string, { command, args, stdin, stdout }: Start): Deno.ChildProcess {
  return withoutVariables(Deno.env, storeVariables, () => {
    try {
      // Detached: athm handles Ctrl-C and then closes the browser.
      const how = { stderr: "null", detached: true } as const;
      return new Deno.Command(command, { args: [...args], stdin, stdout, ...how }).spawn();
    } catch (error) {
      throw failedStart(name, error);
    }
  });
}

async function endOrKill(child: Deno.ChildProcess, ended: Promise<ChildEnd>): Promise<void> {
  const arrived = new AbortController();
  const late = sleep(grace, arrived.signal).then(() => true, () => false);
  const stays = await Promise.race([late, ended.then(() => false)]);
  arrived.abort();
  if (!stays) return;
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
  await ended;
}

/** The browser writes the port and an unguessable path, one per line. */
async function addressIn(file: string, ended: Promise<ChildEnd>): Promise<string> {
  let gone = false;
  ended.then(() => void (gone = true));
  for (let waited = 0; waited < patience && !gone; waited += 50) {
    const text = await Deno.readTextFile(file).catch(() => "");
    const [, port, path] = /^(\d{1,5})\n(\/devtools\/browser\/[\w-]+)/.exec(text) ?? [];
    if (port && path) return `ws://127.0.0.1:${port}${path}`;
    await sleep(50);
  }
  throw new Error("no port");
}

async function* messagesOf(socket: WebSocket): AsyncGenerator<string> {
  const waiting: string[] = [];
  let wake = () => {};
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") waiting.push(data);
    wake();
  };
  socket.onclose = socket.onerror = () => wake();
  for (;;) {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) yield next;
    if (socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => void (wake = resolve));
  }
}

function silent(command: string): Failure {
  return new Failure(
    "source",
    `the browser ${command} started but does not respond`,
    "use --saml-via form, or set ATHM_BROWSER to another browser",
  );
}
