import { isJsonObject, type JsonObject } from "../../model/fields.ts";
import { Secret } from "../../model/secret.ts";
import { awsSamlPatterns, isAwsSamlEndpoint } from "./aws_saml_endpoint.ts";
import { type DevTools, type DevToolsEvent, textIn } from "./devtools.ts";

export interface Watch {
  start(devtools: DevTools): Promise<Secret>;
  tell(event: DevToolsEvent): void;
  readonly closed: Promise<void>;
  isUp(): boolean;
  steps(): number;
  /** What the pages show. */
  look(): Promise<PageShows>;
}

/** What a user could do on a page: fill in a field, press a button, or something unknown. */
export type PageShows = "field" | "button" | "nothing";

/** Events of a page that is active by itself. */
const stepping = [
  "Page.frameStartedLoading",
  "Page.frameNavigated",
  "Page.navigatedWithinDocument",
  "Page.loadEventFired",
];
const loadingEnds = ["Page.frameStoppedLoading", "Page.frameDetached"];

/**
 * Runs in the page, in frames and shadow trees too. A page can only mislead athm about itself: a
 * window opens too early or too late.
 */
const looking = `(() => {
  // The browser's own pages, such as the address bar's list, are targets too.
  if (!location.protocol.startsWith("http")) return "nothing";
  const field = "input:not([readonly],[type=hidden],[type=submit],[type=button],[type=image]," +
    "[type=reset],[type=checkbox],[type=radio],[type=search]),textarea,select";
  const button = "button,[type=submit],[type=button],[type=image],[role=button]";
  const all = (root) => [...root.querySelectorAll("*")].flatMap((each) => {
    const inner = each.shadowRoot ?? each.contentDocument;
    return inner ? [each, ...all(inner)] : [each];
  });
  const isShown = (each) => {
    const { width, height } = each.getBoundingClientRect();
    return !each.disabled && width > 1 && height > 1 && !each.closest("[aria-hidden=true]") &&
      each.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  };
  const shown = all(document).filter((each) => each.matches(field + "," + button) && isShown(each));
  return shown.some((each) => each.matches(field)) ? "field" : shown.length ? "button" : "nothing";
})()`;

/** Includes popups and out-of-process frames; none runs before it is watched. */
const attach = { autoAttach: true, waitForDebuggerOnStart: true, flatten: true };

export function watchForAssertion(url: string): Watch {
  const found = Promise.withResolvers<Secret>();
  const closed = Promise.withResolvers<void>();
  const pages = new Set<string>();
  const sessions = new Set<string>();
  /** Frames that are loading: their content is about to go. */
  const loading = new Set<string>();
  let devtools: DevTools | undefined;
  let up = false;
  let steps = 0;

  async function watch(params: JsonObject): Promise<void> {
    const sessionId = textIn(params, "sessionId");
    if (!devtools || sessionId === undefined) return;
    sessions.add(sessionId);
    const isPage = textIn(params, "targetInfo", "type") === "page";
    const isFirst = isPage && !up;
    if (isPage) {
      pages.add(sessionId);
      up = true;
    }
    const patterns = awsSamlPatterns.map((urlPattern) => ({ urlPattern, requestStage: "Request" }));
    // Sent at once and executed in order: the page runs only once all is in place.
    const done = Promise.all([
      devtools.send("Fetch.enable", { patterns }, sessionId),
      devtools.send("Target.setAutoAttach", attach, sessionId),
      devtools.send("Page.enable", {}, sessionId),
      devtools.send("Runtime.runIfWaitingForDebugger", {}, sessionId),
    ]);
    await done;
    if (isFirst) await devtools.send("Page.navigate", { url }, sessionId);
  }

  /** Decides about a paused request to AWS. */
  async function judge(params: JsonObject, sessionId: string | undefined): Promise<void> {
    const requestId = textIn(params, "requestId");
    if (!devtools || requestId === undefined) return;
    const assertion = assertionIn(params);
    if (!assertion) {
      await devtools.send("Fetch.continueRequest", { requestId }, sessionId);
      return;
    }
    // Abort it first: a closing browser would send paused requests.
    await devtools.send("Fetch.failRequest", { requestId, errorReason: "Aborted" }, sessionId);
    found.resolve(assertion);
  }

  return {
    start: async (connection) => {
      devtools = connection;
      await devtools.send("Target.setAutoAttach", attach);
      return await found.promise;
    },
    tell({ method, params, sessionId }) {
      if (stepping.includes(method)) steps++;
      const frame = textIn(params, "frameId");
      if (frame !== undefined) {
        if (method === "Page.frameStartedLoading") loading.add(frame);
        if (loadingEnds.includes(method)) loading.delete(frame);
      }
      if (method === "Target.attachedToTarget") watch(params);
      if (method === "Fetch.requestPaused") judge(params, sessionId);
      if (method === "Target.detachedFromTarget") {
        const gone = textIn(params, "sessionId") ?? "";
        sessions.delete(gone);
        const wasPage = pages.delete(gone);
        if (wasPage && pages.size === 0) closed.resolve();
      }
    },
    closed: closed.promise,
    isUp: () => up,
    steps: () => steps,
    async look() {
      if (loading.size > 0) return "nothing";
      const found = await Promise.all(Array.from(sessions, async (sessionId) => {
        const params = { expression: looking, returnByValue: true };
        const answer = await devtools?.send("Runtime.evaluate", params, sessionId) ?? {};
        return textIn(answer, "result", "value");
      }));
      return (["field", "button"] as const).find((each) => found.includes(each)) ?? "nothing";
    },
  };
}

function assertionIn(params: JsonObject): Secret | undefined {
  const url = URL.parse(textIn(params, "request", "url") ?? "");
  if (!url || !isAwsSamlEndpoint(url)) return undefined;
  if (textIn(params, "request", "method") !== "POST") return undefined;
  const response = new URLSearchParams(bodyOf(params)).get("SAMLResponse");
  return response ? new Secret(response) : undefined;
}

/** The request's body: parts in base64, or text in older browsers. */
function bodyOf({ request }: JsonObject): string {
  if (!isJsonObject(request)) return "";
  const { postDataEntries, postData } = request;
  const entries = Array.isArray(postDataEntries) ? postDataEntries : [];
  const parts = entries.flatMap((entry) => isJsonObject(entry) ? textIn(entry, "bytes") ?? [] : []);
  try {
    const decoder = new TextDecoder();
    const text = parts.map((part) => decoder.decode(Uint8Array.fromBase64(part), { stream: true }));
    if (text.length) return text.join("") + decoder.decode();
  } catch {
    return "";
  }
  return typeof postData === "string" ? postData : "";
}
