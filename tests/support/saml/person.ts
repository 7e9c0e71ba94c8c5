/**
 * A user at the window that athm opened, through a port of the browser that the test's wrapper
 * opens in addition to athm's pipe.
 *
 * @module
 */

import type { JsonObject } from "../../../src/model/fields.ts";
import { connectDevTools } from "../../../src/signin/saml/devtools.ts";
import { isFile } from "../programs.ts";

/** Why no browser can be driven here; nothing if one can. */
export function noChromium(): string | undefined {
  return isFile("/usr/bin/chromium") ? undefined : "chromium is not installed";
}

/**
 * A program for `ATHM_BROWSER` that starts Chromium without a screen, without the sandbox (which
 * root cannot use), and with a port for the test. It records how athm called it.
 */
export async function browserWrapper(folder: string, more: readonly string[] = []) {
  const path = `${folder}/browser-of-the-test`;
  const log = `${folder}/browser-calls`;
  const options = ["--no-sandbox", "--remote-debugging-port=0", "--disable-gpu", ...more];
  const quoted = options.map((option) => `'${option}'`).join(" ");
  await Deno.writeTextFile(
    path,
    `#!/bin/sh\necho "$*" >>'${log}'\nexec /usr/bin/chromium --headless=new ${quoted} "$@"\n`,
    { mode: 0o755 },
  );
  const calls = async () =>
    (await Deno.readTextFile(log).catch(() => "")).split("\n").filter(Boolean);
  return {
    path,
    /** The argument lists from athm, one per start. */
    calls,
    /** How many windows athm has opened. */
    windows: async () => (await calls()).filter((call) => !call.includes("--headless")).length,
  };
}

export interface Person extends AsyncDisposable {
  /** Evaluates an expression in the window's page until it is true. */
  until(expression: string): Promise<void>;
  /** Closes the window. */
  closeWindow(): Promise<void>;
}

/** Connects to the browser whose profile is below `home`, once `isOpen` is true. */
export async function personAt(home: string, isOpen: () => Promise<boolean>): Promise<Person> {
  await within(30_000, async () => await isOpen() || undefined);
  const socket = await within(30_000, async () => {
    for await (const { name } of Deno.readDir(`${home}/browser`)) {
      const file = `${home}/browser/${name}/profile/DevToolsActivePort`;
      const [port, path] = (await Deno.readTextFile(file)).split("\n");
      // May be from a previous browser.
      if (port && path) return await opened(new WebSocket(`ws://127.0.0.1:${port}${path}`));
    }
    return undefined;
  });
  const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
  const devtools = connectDevTools({
    send: (message) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(message);
    },
    messages: messagesOf(socket),
  }, () => {});
  const page = await within(30_000, async () => {
    const { targetInfos } = await devtools.send("Target.getTargets");
    const infos = Array.isArray(targetInfos) ? targetInfos as JsonObject[] : [];
    return infos.find(({ type, url }) => type === "page" && /^http/.test(String(url)));
  });
  const targetId = page["targetId"];
  const { sessionId } = await devtools.send("Target.attachToTarget", { targetId, flatten: true });
  return {
    until: (expression) =>
      within(30_000, async () => {
        const { result } = await devtools.send(
          "Runtime.evaluate",
          { expression: `Boolean(${expression})` },
          String(sessionId),
        );
        return (result as JsonObject | undefined)?.["value"] === true || undefined;
      }).then(() => {}),
    closeWindow: async () => void await devtools.send("Target.closeTarget", { targetId }),
    async [Symbol.asyncDispose]() {
      if (socket.readyState === WebSocket.OPEN) socket.close();
      await closed;
    },
  };
}

function opened(socket: WebSocket): Promise<WebSocket | undefined> {
  return new Promise((resolve) => {
    socket.onopen = () => resolve(socket);
    socket.onerror = () => resolve(undefined);
  });
}

async function* messagesOf(socket: WebSocket): AsyncGenerator<string> {
  const events: (string | undefined)[] = [];
  let wake = () => {};
  socket.onmessage = ({ data }) => {
    events.push(String(data));
    wake();
  };
  socket.onclose = () => {
    events.push(undefined);
    wake();
  };
  for (;;) {
    if (events.length === 0) await new Promise<void>((resolve) => void (wake = resolve));
    const next = events.shift();
    if (next === undefined) return;
    yield next;
  }
}

/** The first result of `look`. */
async function within<T>(patience: number, look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + patience;
  for (;;) {
    const found = await look().catch((error) => {
      if (Date.now() > end) throw error;
      return undefined;
    });
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`never came: ${look}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}
