/** The list prompt on a terminal. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import {
  choiceLines,
  type ChoiceState,
  choose,
  inputs,
  matching,
  pressed,
  roomIn,
} from "../../src/screen/choice.ts";
import { widthOf } from "../../src/screen/width.ts";
import { runs } from "../support/store_samples.ts";
import { settle, testSystem } from "../support/test_system.ts";

const items = ["alpha", "beta", "beta-two", "gamma"].map((name) => ({ name, line: `${name}  1h` }));
const begin: ChoiceState = { items, typed: "", at: 0 };

function after(...keys: string[]): ChoiceState {
  return keys.reduce((state, key) => {
    const next = pressed(state, key, roomIn(small));
    assert.ok(typeof next === "object", key);
    return next;
  }, begin);
}

const small = { columns: 80, rows: 13 };

const marked = (state: ChoiceState) => matching(state)[state.at]?.name;

Deno.test("choice: arrow and readline keys move the selection and stop at the ends", () => {
  assert.equal(marked(after("\x1b[B")), "beta");
  assert.equal(marked(after("\x1bOB", "\x0e", "\t")), "gamma");
  assert.equal(marked(after("\x1b[6~", "\x1b[B")), "gamma");
  assert.equal(marked(after("\x1b[B", "\x1b[A", "\x1b[A", "\x10")), "alpha");
  assert.equal(marked(after("\x1b[6~", "\x1b[5~")), "alpha");
});

Deno.test("choice: a page is as long as the list on the screen", () => {
  const many = Array.from({ length: 90 }, (_, at) => ({ name: `p${at}`, line: `p${at}` }));
  const state: ChoiceState = { items: many, typed: "", at: 0 };
  for (const rows of [5, 24, 60]) {
    const next = pressed(state, "\x1b[6~", roomIn({ columns: 80, rows }));
    assert.ok(typeof next === "object");
    assert.equal(next.at, rows - 3);
    assert.equal(choiceLines(next, "Profile:", { columns: 80, rows }).length, rows - 1);
  }
});

const searched = [
  ["prod-admin", "123456789012 Production Admin"],
  ["prod-ro", "123456789012 Production ReadOnly"],
  ["admin", "210987654321 Sandbox ReadOnly"],
  ["sandbox", "210987654321 Sandbox PowerUser"],
].map(([name = "", search = ""]) => ({ name, line: name, search: `${name} ${search}` }));
const found = (typed: string) =>
  matching({ items: searched, typed, at: 0 }).map(({ name }) => name);

Deno.test("choice: words match accounts and roles in any order", () => {
  assert.deepEqual(found("readonly 1234"), ["prod-ro"]);
  assert.deepEqual(found("PROD adm"), ["prod-admin"]);
  assert.deepEqual(found("adm  prod "), ["prod-admin"]);
  assert.deepEqual(found("2109876"), ["admin", "sandbox"]);
  assert.deepEqual(found("prod poweruser"), []);
  assert.deepEqual(found(" ").length, 4);
});

Deno.test("choice: an exact name comes first, then matching names, then other matches", () => {
  assert.deepEqual(found("admin"), ["admin", "prod-admin"]);
  assert.deepEqual(found("sandbox"), ["sandbox", "admin"]);
});

Deno.test("choice: the order of the words typed does not change what matches", () => {
  const word = fc.constantFrom("prod", "Admin", "1234", "read", "sand", "zzz", "u");
  fc.assert(fc.property(fc.array(word, { maxLength: 4 }), (words) => {
    const there = found(words.join(" ")).toSorted();
    assert.deepEqual(found(words.toReversed().join("  ")).toSorted(), there);
    const whole = (text: string) => words.every((each) => text.includes(each.toLowerCase()));
    const expected = searched.filter(({ search }) => whole(search.toLowerCase()));
    assert.deepEqual(there, expected.map(({ name }) => name).toSorted());
  }));
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
  assert.equal(pressed(begin, "\r", 10), "enter");
  assert.equal(typeof pressed(after("x"), "\r", 10), "object");
  assert.equal(pressed(begin, "\x03", 10), "cancel");
  assert.equal(pressed(begin, "\x04", 10), "cancel");
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
          const next = pressed(state, key, roomIn({ columns, rows }));
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
  for (const text of ["\x03", "al\x03\r", "\x04", "", "\x1b[", "\x1b[\x03", "\x1b\x1b"]) {
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

/** A terminal that receives these parts one after another, each when released. */
function slowDevice(size: { columns: number; rows: number }) {
  const typed = device("");
  const waiting: ((byte: number) => void)[] = [];
  const bytes: number[] = [];
  const listeners = new Map<string, () => void>();
  const { terminal } = typed.system;
  const read = async (buffer: Uint8Array) => {
    const next = bytes.shift() ?? await new Promise<number>((done) => waiting.push(done));
    buffer[0] = next;
    return 1;
  };
  const system = {
    ...typed.system,
    children: {
      ...typed.system.children,
      onSignal: (name: string, listener: () => void) => {
        listeners.set(name, listener);
        return () => void listeners.delete(name);
      },
    },
    terminal: {
      ...terminal,
      size: () => ({ ...size }),
      open: () => ({ ...terminal.open(), read }),
    },
  };
  const type = async (text: string) => {
    for (const byte of new TextEncoder().encode(text)) {
      const reader = waiting.shift();
      if (reader) reader(byte);
      else bytes.push(byte);
    }
    await settle();
  };
  return { ...typed, system, type, listeners, size, advance: typed.system.advance };
}

Deno.test("choice: Esc alone leaves, and an arrow key that arrives in pieces does not", async () => {
  const slow = slowDevice({ columns: 80, rows: 24 });
  const choosing = choose(slow.system, "Profile:", () => items);
  const ended = choosing.then(() => "chosen", (error) => error.code);
  await settle();
  await slow.type("\x1b");
  await slow.advance(50);
  await slow.type("[");
  await slow.advance(1000);
  await slow.type("B");
  await settle();
  assert.match(slow.screen(), /> beta {2}1h/);
  await slow.type("\x1b");
  await slow.advance(99);
  assert.deepEqual(slow.deeds, ["raw"]);
  await slow.advance(1);
  assert.equal(await ended, "cancelled");
  assert.deepEqual(slow.deeds, ["raw", "cooked", "close"]);
});

Deno.test("choice: draws again in the terminal's new size", async () => {
  const slow = slowDevice({ columns: 80, rows: 24 });
  const choosing = choose(
    slow.system,
    "Profile:",
    ({ columns }) => items.map((item) => ({ ...item, line: `${item.name} of ${columns}` })),
  );
  await settle();
  await slow.type("b");
  Object.assign(slow.size, { columns: 40, rows: 5 });
  slow.listeners.get("SIGWINCH")?.();
  await settle();
  assert.ok(
    slow.screen().endsWith(
      "\r\x1b[JProfile: b\r\n> beta of 40\r\n  beta-two of 40\x1b[2A\r\x1b[10C",
    ),
    JSON.stringify(slow.screen()),
  );
  await slow.type("\r");
  assert.equal(await choosing, "beta");
  assert.deepEqual([...slow.listeners.keys()], []);
});

Deno.test("choice: starts at the entry that is suggested", async () => {
  const typed = device("\r");
  assert.equal(await choose(typed.system, "Profile:", () => items, "gamma"), "gamma");
  const strange = device("\r");
  assert.equal(await choose(strange.system, "Profile:", () => items, "none"), "alpha");
});

Deno.test("choice: a termination signal restores the terminal", async () => {
  const typed = device("");
  const { terminal } = typed.system;
  const listeners: (() => void)[] = [];
  let off = 0;
  const system = {
    ...typed.system,
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
  assert.equal(off, 3);
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
  const never = () => new Promise<void>(() => {});
  for await (const input of inputs(read, never)) seen.push(input);
  assert.deepEqual(seen.slice(0, 6), ["a", "日", "\x1b[1;5A", "\x1bOB", "\x1bx", "é"]);
  assert.equal(seen.at(-1), "b");
});
