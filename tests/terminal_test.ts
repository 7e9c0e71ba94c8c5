import assert from "node:assert/strict";
import { Failure, type FailureCode } from "../src/model/failure.ts";
import { converse, type TerminalDevice, withoutQuestions } from "../src/system/terminal.ts";
import { testSystem } from "./support/test_system.ts";

interface Script extends TerminalDevice {
  /** What was done to the terminal, in order. */
  readonly deeds: string[];
  /** Bytes that nobody has read yet. */
  readonly rest: () => string;
}

/** A terminal on which this is typed, after which its input ends, or reading fails. */
function typed(text: string | Uint8Array, failing = false): Script {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const deeds: string[] = [];
  let at = 0;
  return {
    deeds,
    rest: () => new TextDecoder().decode(bytes.subarray(at)),
    read(buffer) {
      if (at === bytes.length) {
        return failing ? Promise.reject(new Error("EIO")) : Promise.resolve(null);
      }
      const part = bytes.subarray(at, at + buffer.length);
      buffer.set(part);
      at += part.length;
      return Promise.resolve(part.length);
    },
    setRaw: (raw) => void deeds.push(raw ? "raw" : "cooked"),
    write: (shown) => void deeds.push(`write ${JSON.stringify(shown)}`),
    close: () => void deeds.push("close"),
  };
}

/** What a secret question does to a terminal, however it ends. */
const secretly = ["raw", 'write "Secret: "', "cooked", 'write "\\n"', "close"];
const openly = ['write "Name: "', "close"];

/** The answer to a secret question on which this is typed. */
async function secret(text: string | Uint8Array): Promise<string> {
  const device = typed(text);
  const answer = await converse(device, "Secret: ", false);
  assert.deepEqual(device.deeds, secretly);
  return answer;
}

async function fails(code: FailureCode, work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => error instanceof Failure && error.code === code);
}

Deno.test("terminal: a secret is read raw, is not shown, and keeps the spaces at its ends", async () => {
  assert.equal(await secret(" s3cret \r"), " s3cret ");
  assert.equal(await secret("\n"), "");
});

Deno.test("terminal: what is no secret is read as the terminal edits it, without spaces around", async () => {
  const device = typed("  ann  \n");
  assert.equal(await converse(device, "Name: ", true), "ann");
  assert.deepEqual(device.deeds, openly);
});

Deno.test("terminal: backspace takes a whole character of one to four bytes", async () => {
  for (const character of ["x", "ü", "€", "🔑"]) {
    for (const backspace of ["\b", "\x7f"]) {
      assert.equal(await secret(`a${character}${backspace}b\r`), "ab", character);
    }
  }
});

Deno.test("terminal: more backspaces than characters take nothing away from what follows", async () => {
  assert.equal(await secret("é\x7f\x7f\x7fab\x7fc\r"), "ac");
});

Deno.test("terminal: Ctrl-U takes the whole line", async () => {
  assert.equal(await secret("wrong ü\x15right\r"), "right");
  assert.equal(await secret("wrong\x15\r"), "");
});

Deno.test("terminal: other keys of control are no part of an answer", async () => {
  assert.equal(await secret("a\x00\x01\x09\x1bb\r"), "ab");
});

Deno.test("terminal: Ctrl-C cancels, whatever was typed before it", async () => {
  for (const text of ["\x03", "half\x03more\r"]) {
    const device = typed(text);
    await fails("cancelled", converse(device, "Secret: ", false));
    assert.deepEqual(device.deeds, secretly);
  }
});

Deno.test("terminal: Ctrl-D cancels at the start of a line, and is passed over in one", async () => {
  const device = typed("\x04");
  await fails("cancelled", converse(device, "Secret: ", false));
  assert.deepEqual(device.deeds, secretly);
  assert.equal(await secret("a\x04b\r"), "ab");
  const emptied = typed("a\x7f\x04b\r");
  await fails("cancelled", converse(emptied, "Secret: ", false));
});

Deno.test("terminal: the end of the input cancels, in the middle of a line too", async () => {
  for (const text of ["", "half"]) {
    const [hidden, shown] = [typed(text), typed(text)];
    await fails("cancelled", converse(hidden, "Secret: ", false));
    assert.deepEqual(hidden.deeds, secretly);
    await fails("cancelled", converse(shown, "Name: ", true));
    assert.deepEqual(shown.deeds, openly);
  }
});

Deno.test("terminal: an answer may be longer than a terminal's own line of 4096 bytes", async () => {
  const token = "IQoJb3JpZ2luX2Vj".repeat(1000);
  assert.equal(await secret(`${token}\r`), token);
});

Deno.test("terminal: an answer without an end is cut at 64 KiB and ends all the same", async () => {
  assert.equal((await secret("x".repeat(100_000) + "\r")).length, 64 * 1024);
});

Deno.test("terminal: bytes that are no UTF-8 do no harm", async () => {
  assert.equal(await secret(Uint8Array.of(0x61, 0xff, 0x62, 0x0d)), "a\ufffdb");
  assert.equal(await secret(Uint8Array.of(0x80, 0x81, 0x7f, 0x62, 0x0d)), "b");
});

Deno.test("terminal: what was typed ahead stays for the next question", async () => {
  const device = typed("first\rsecond\r");
  assert.equal(await converse(device, "Secret: ", false), "first");
  assert.equal(device.rest(), "second\r");
});

Deno.test("terminal: raw mode is left and the terminal closed when reading fails", async () => {
  const device = typed("half", true);
  await assert.rejects(converse(device, "Secret: ", false), /EIO/);
  assert.deepEqual(device.deeds, secretly);
});

Deno.test("terminal: raw mode is left when athm is told to end while it waits", async () => {
  const device = typed("half");
  const { read } = device;
  const waiting = { ...device, read: (buffer: Uint8Array) => device.rest() ? read(buffer) : never };
  const never = new Promise<null>(() => {});
  const stop = Promise.withResolvers<null>();
  const asked = fails("cancelled", converse(waiting, "Secret: ", false, stop.promise));
  while (device.rest()) await new Promise((done) => setTimeout(done));
  assert.deepEqual(device.deeds, secretly.slice(0, 2));
  stop.resolve(null);
  await asked;
  assert.deepEqual(device.deeds, secretly);
});

Deno.test("terminal: raw mode is left and the terminal closed when the question can't be shown", async () => {
  const device = typed("x\r");
  const deaf = {
    ...device,
    write: () => {
      device.deeds.push("write");
      throw new Error("EPIPE");
    },
  };
  await assert.rejects(converse(deaf, "Secret: ", false), /EPIPE/);
  assert.ok(device.deeds.indexOf("cooked") > device.deeds.indexOf("raw"), `${device.deeds}`);
  assert.equal(device.deeds.at(-1), "close");
});

Deno.test("terminal: without a terminal a question needs a person", async () => {
  await fails("needs-person", converse(undefined, "Secret: ", false));
});

Deno.test("terminal: where nobody may be asked the person is not asked, and the rest stays as it is", async () => {
  const system = testSystem({ answers: ["yes", "yes"] });
  const silent = withoutQuestions(system.terminal);
  assert.equal(system.terminal.canAsk, true);
  assert.equal(silent.canAsk, false);
  await fails("needs-person", silent.ask("Name: "));
  await fails("needs-person", silent.askSecret("Secret: "));
  assert.deepEqual(system.asked, []);
  assert.equal(silent.stdinIsTerminal, system.terminal.stdinIsTerminal);
  assert.equal(silent.width(), undefined);
});
