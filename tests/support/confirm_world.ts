/**
 * Processes in terminals whose person answers as the test says.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Failure } from "../../src/model/failure.ts";
import type { Profile } from "../../src/model/profile.ts";
import type { Machine, SessionWorld } from "./session_world.ts";
import { testSystem } from "./test_system.ts";

/** What the person does; `nobody` is `--no-prompt`. */
export type Answer = "y" | "n" | "ctrl-c" | "nobody";

export interface Place {
  readonly machine: Machine;
  /** For the questions from now on. */
  answer: Answer;
  /** How often athm asked. */
  questions: number;
  /** Awaited before an answer. */
  think: () => Promise<void>;
}

/** A process of that terminal; without an id athm cannot tell. */
export async function placeAt(
  world: SessionWorld,
  id: string | undefined,
  pid: number,
): Promise<Place> {
  const place: { -readonly [K in keyof Place]?: Place[K] } = { questions: 0, answer: "nobody" };
  place.think = () => Promise.resolve();
  const { terminal } = testSystem();
  const machine = await world.machine({
    pid,
    system: {
      terminalId: () => Promise.resolve(id),
      terminal: {
        ...terminal,
        get canAsk() {
          return place.answer !== "nobody";
        },
        tell: (text) => Promise.resolve(place.machine?.system.say(text)),
        ask: async (question) => {
          assert.match(question, /^Allow it.*\? \[y\/N\] $/);
          place.questions = (place.questions ?? 0) + 1;
          await place.think?.();
          if (place.answer === "ctrl-c") throw new Failure("cancelled", "cancelled");
          return place.answer ?? "";
        },
      },
    },
  });
  place.machine = machine;
  return place as Place;
}

/** Seconds that a yes lasts for `work`. */
export const lasting = 900;

/** `work` asks, `of-work` and `other` are based on it, `free` does not ask. */
export async function addConfirmed(
  { profile, aws }: SessionWorld,
  { store }: Machine,
  role: string,
): Promise<void> {
  const other = "arn:aws:iam::123456789012:role/other";
  aws.addRole({ arn: other, maxDuration: 12 * 3600 });
  const from = { kind: "profile", from: "work" } as const;
  const all: readonly Profile[] = [
    profile("work", { roleArns: [role], confirm: lasting }),
    profile("of-work", { source: from }),
    profile("other", { source: from, roleArns: [other], confirm: 2 * lasting }),
    profile("short", { source: from, roleArns: [other], confirm: 60 }),
    profile("free", { roleArns: [role] }),
  ];
  for (const each of all) await store.saveProfile(each, { replace: false });
}
