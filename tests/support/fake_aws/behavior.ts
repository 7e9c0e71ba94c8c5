/**
 * The ways in which the fake can misbehave.
 *
 * @module
 */

import { AwsError } from "./answers.ts";

/** What happens to a request instead of, or before, its response. */
export type Behavior =
  & (
    /** 400 `Throttling`, "Rate exceeded". */
    | { readonly kind: "throttle" }
    /** Any error, with this message. */
    | {
      readonly kind: "fail";
      readonly status: number;
      readonly code: string;
      readonly message: string;
    }
    /** Waits, then responds normally. */
    | { readonly kind: "slow"; readonly ms: number }
    /** A response that is not from AWS; default: an HTML page with status 200. */
    | { readonly kind: "garbage"; readonly body?: string; readonly status?: number }
    /** Closes the connection without a response. */
    | { readonly kind: "drop" }
  )
  & {
    /** Only requests of this action, such as `AssumeRole`; default every request. */
    readonly action?: string;
  };

/** Thrown by `FakeAws.handle` when the server would close the connection without a response. */
export class ConnectionDropped extends Error {
  constructor() {
    super("the fake dropped the connection");
    this.name = "ConnectionDropped";
  }
}

/** A queue of behaviors for coming requests. */
export interface BehaviorQueue {
  /** Adds a behavior for the next `times` matching requests. */
  add(behavior: Behavior, times: number): void;
  clear(): void;
  /** Takes the behavior for a request of this action. */
  take(action: string): Behavior | undefined;
}

/** An empty queue. */
export function behaviorQueue(): BehaviorQueue {
  let waiting: { readonly behavior: Behavior; left: number }[] = [];
  return {
    add: (behavior, times) => void waiting.push({ behavior, left: times }),
    clear: () => void (waiting = []),
    take(action) {
      const due = waiting.find(({ behavior }) =>
        behavior.action === undefined || behavior.action === action
      );
      if (due === undefined) return undefined;
      due.left -= 1;
      waiting = waiting.filter(({ left }) => left > 0);
      return due.behavior;
    },
  };
}

/**
 * Applies a behavior: returns its response, or `undefined` if the service should respond. Throws
 * the error, or {@link ConnectionDropped}. Stops waiting when `stop` aborts.
 */
export async function carryOut(
  behavior: Behavior,
  stop: AbortSignal,
): Promise<Response | undefined> {
  switch (behavior.kind) {
    case "throttle":
      throw new AwsError(400, "Throttling", "Rate exceeded");
    case "fail":
      throw new AwsError(behavior.status, behavior.code, behavior.message);
    case "drop":
      throw new ConnectionDropped();
    case "slow":
      await pause(behavior.ms, stop);
      return undefined;
    case "garbage":
      return new Response(
        behavior.body ?? "<html><body>Welcome to the hotel Wi-Fi</body></html>",
        {
          status: behavior.status ?? 200,
          headers: { "content-type": "text/html" },
        },
      );
  }
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      clearTimeout(timer);
      reject(new ConnectionDropped());
    };
    const timer = setTimeout(() => {
      stop.removeEventListener("abort", giveUp);
      resolve();
    }, ms);
    if (stop.aborted) giveUp();
    else stop.addEventListener("abort", giveUp, { once: true });
  });
}
