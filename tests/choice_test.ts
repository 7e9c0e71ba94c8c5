/** The list prompt on a terminal. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../src/model/failure.ts";
import {
  choiceLines,
  type ChoiceState,
  choose,
  inputs,
  matching,
  pressed,
} from "../src/screen/choice.ts";
import { widthOf } from "../src/screen/width.ts";
import { runs } from "./support/store_samples.ts";
import { testSystem } from "./support/test_system.ts";

const items = ["alpha", "beta", "beta-two", "gamma"].map((name) => ({ name, line: `${name}  1h` }));
const begin: ChoiceState = { items, typed: "", at: 0 };

function after(...keys: string[]): ChoiceState {
  return keys.reduce((state, key) => {
    const next = pressed(state, key);
    assert.ok(typeof next === "object", key);
    return next;
  }, begin);
}

const marked = (state: ChoiceState) => matching(state)[state.at]?.name;

Deno.test("choice: arrow and readline keys move the selection and stop at the ends", () => {
  assert.equal(marked(after("\x1b[B")), "beta");
  assert.equal(marked(after("\x1bOB", "\x0e", "\t")), "gamma");
  assert.equal(marked(after("\x1b[6~", "\x1b[B")), "gamma");
  assert.equal(marked(after("\x1b[B", "\x1b[A", "\x1b[A", "\x10")), "alpha");
  assert.equal(marked(after("\x1b[6~", "\x1b[5~")), "alpha");
});

Deno.test("choice: typing filters by any part of a name, ignoring case", () => {
  assert.deepEqual(matching(after("T", "W")).map(({ name }) => name), ["beta-two"]);
  assert.equal(marked(after("\x1b[B", "\x1b[B", "a")), "alpha");
  assert.deepEqual(matching(after("x")), []);
  assert.equal(marked(after("x", "\x7f", "g")), "gamma");
  assert.equal(after("x", "y", "\x15").typed, "");
  assert.equal(after("\x1b[200~").typed, "");
});

Deno.test("choice: Enter selects the marked entry, and does nothing without a match", () => {
  assert.equal(pressed(begin, "\r"), "enter");
  assert.equal(typeof pressed(after("x"), "\r"), "object");
  assert.equal(pressed(begin, "\x03"), "cancel");
  assert.equal(pressed(begin, "\x04"), "cancel");
});

Deno.test("choice: the list fits every terminal and shows the marked entry", () => {
  const many = Array.from(
    { length: 40 },
    (_, at) => ({ name: `p${at}`, line: `p${at} 日本 ${at}` }),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 3, max: 100 }),
      fc.integer({ min: 4, max: 60 }),
      fc.array(
        fc.constantFrom("\x1b[A", "\x1b[B", "\x1b[6~", "\x1b[5~", "1", "日", "\x7f", "\x15"),
      ),
      (columns, rows, keys) => {
        let state: ChoiceState = { items: many, typed: "", at: 0 };
        for (const key of keys) {
          const next = pressed(state, key);
          if (typeof next === "object") state = next;
        }
        const lines = choiceLines(state, "Profile:", { columns, rows });
        assert.ok(lines.length < rows);
        for (const line of lines) assert.ok(widthOf(line) < columns, `${columns}: ${line}`);
        const found = matching(state).length;
        assert.equal(lines.filter((line) => line.startsWith(">")).length, found ? 1 : 0);
      },
    ),
    runs(300),
  );
});

/** A terminal that receives these bytes and records what is done to it. */
function device(text: string) {
  const bytes = [...new TextEncoder().encode(text)];
  const deeds: string[] = [];
  let screen = "";
  const system = testSystem({ answers: [] });
  const terminal = {
    ...system.terminal,
    open: () => ({
      read: (buffer: Uint8Array) => {
        const next = bytes.shift();
        if (next === undefined) return Promise.resolve(null);
        buffer[0] = next;
        return Promise.resolve(1);
      },
      setRaw: (raw: boolean) => void deeds.push(raw ? "raw" : "cooked"),
      write: (shown: string) => void (screen += shown),
      close: () => void deeds.push("close"),
    }),
  };
  return { system: { ...system, terminal }, deeds, rest: bytes, screen: () => screen };
}

Deno.test("choice: returns the name, clears the screen and leaves type-ahead unread", async () => {
  const typed = device("be\x1b[B\rnext");
  assert.equal(await choose(typed.system, "Profile:", () => items), "beta-two");
  assert.deepEqual(typed.deeds, ["raw", "cooked", "close"]);
  assert.ok(typed.screen().endsWith("\r\x1b[J"));
  assert.equal(new TextDecoder().decode(Uint8Array.from(typed.rest)), "next");
});

Deno.test("choice: Ctrl-C, Ctrl-D and end of input cancel and restore the terminal", async () => {
  for (const text of ["\x03", "al\x03\r", "\x04", "", "\x1b", "\x1b[", "\x1b[\x03"]) {
    const typed = device(text);
    await assert.rejects(
      choose(typed.system, "Profile:", () => items),
      (error) => error instanceof Failure && error.code === "cancelled",
      JSON.stringify(text),
    );
    assert.deepEqual(typed.deeds, ["raw", "cooked", "close"]);
    assert.ok(typed.screen().endsWith("\r\x1b[J"));
  }
});

Deno.test("choice: a termination signal restores the terminal", async () => {
  const typed = device("");
  const { terminal } = typed.system;
  const listeners: (() => void)[] = [];
  let off = 0;
  const system = {
    children: {
      ...typed.system.children,
      onSignal: (_: string, listener: () => void) => {
        listeners.push(listener);
        return () => void off++;
      },
    },
    terminal: {
      ...terminal,
      open: () => ({ ...terminal.open(), read: () => new Promise<null>(() => {}) }),
    },
  };
  const choosing = choose(system, "Profile:", () => items);
  listeners[0]?.();
  await assert.rejects(choosing, /cancelled/);
  assert.deepEqual(typed.deeds, ["raw", "cooked", "close"]);
  assert.equal(off, 2);
});

Deno.test("choice: fails with needs-person without a terminal", async () => {
  await assert.rejects(
    choose(testSystem(), "Profile:", () => items),
    (error) => error instanceof Failure && error.code === "needs-person",
  );
});

Deno.test("choice: multibyte keys and characters arrive whole, however they are split", async () => {
  const bytes = [
    ...new TextEncoder().encode("a日\x1b[1;5A\x1bOB\x1bxé\x1b[" + "1".repeat(30) + "b"),
  ];
  const seen: string[] = [];
  const read = (buffer: Uint8Array) => {
    const next = bytes.shift();
    buffer[0] = next ?? 0;
    return Promise.resolve(next === undefined ? null : 1);
  };
  for await (const input of inputs(read)) seen.push(input);
  assert.deepEqual(seen.slice(0, 6), ["a", "日", "\x1b[1;5A", "\x1bOB", "\x1bx", "é"]);
  assert.equal(seen.at(-1), "b");
});
