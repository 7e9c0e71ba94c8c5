import { isJsonObject, type JsonObject } from "../../model/fields.ts";
import type { DrivenBrowser } from "../../system/devtools.ts";

export interface DevToolsEvent {
  readonly method: string;
  readonly params: JsonObject;
  readonly sessionId?: string | undefined;
}

export interface DevTools {
  /**
   * Sends a command; the result is empty if the browser refuses or is gone, as pages may be at any
   * moment: callers rely on events instead.
   */
  send(method: string, params?: JsonObject, sessionId?: string): Promise<JsonObject>;
  readonly gone: Promise<void>;
}

/** Calls `tell` with every event, in order. https://chromedevtools.github.io/devtools-protocol/ */
export function connectDevTools(
  browser: Pick<DrivenBrowser, "send" | "messages">,
  tell: (event: DevToolsEvent) => void,
): DevTools {
  const waiting = new Map<number, (result: JsonObject) => void>();
  let last = 0;
  let isGone = false;

  async function listen(): Promise<void> {
    for await (const text of browser.messages) {
      const message = parsed(text);
      if (!message) continue;
      const { id, method, params, result, sessionId } = message;
      if (typeof id === "number") {
        waiting.get(id)?.(isJsonObject(result) ? result : {});
        waiting.delete(id);
      } else if (typeof method === "string") {
        tell({
          method,
          params: isJsonObject(params) ? params : {},
          sessionId: typeof sessionId === "string" ? sessionId : undefined,
        });
      }
    }
  }

  const gone = listen().catch(() => {}).then(() => {
    isGone = true;
    for (const resolve of waiting.values()) resolve({});
    waiting.clear();
  });

  return {
    send(method, params = {}, sessionId) {
      if (isGone) return Promise.resolve({});
      const id = ++last;
      const answer = new Promise<JsonObject>((resolve) => void waiting.set(id, resolve));
      browser.send(JSON.stringify({ id, method, params, ...sessionId ? { sessionId } : {} }));
      return answer;
    },
    gone,
  };
}

function parsed(text: string): JsonObject | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return isJsonObject(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

export function textIn(params: JsonObject, ...path: readonly string[]): string | undefined {
  const value = path.reduce<unknown>((at, name) => isJsonObject(at) ? at[name] : undefined, params);
  return typeof value === "string" ? value : undefined;
}
