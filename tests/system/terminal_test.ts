import assert from "node:assert/strict";
import { Failure, type FailureCode } from "../../src/model/failure.ts";
import { converse, type TerminalDevice, withoutQuestions } from "../../src/system/terminal.ts";
import { testSystem } from "../support/test_system.ts";

interface Script extends TerminalDevice {
  /** Operations on the terminal, in order. */
  readonly deeds: string[];
  /** Bytes not yet read. */
  readonly rest: () => string;
}

/** A terminal with this input, after which it ends or reading fails. */
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

/** Operations of a secret prompt on a terminal, however it ends. */
const secretly = ["raw", 'write "Secret: "', "cooked", 'write "\\n"', "close"];
const openly = ['write "Name: "', "close"];

/** The answer to a secret prompt with this input. */
async function secret(text: string | Uint8Array): Promise<string> {
  const device = typed(text);
  const answer = await converse(device, "Secret: ", false);
  assert.deepEqual(device.deeds, secretly);
  return answer;
}

async function fails(code: FailureCode, work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => error instanceof Failure && error.code === code);
}

Deno.test("terminal: reads a secret raw, without echo, and keeps its outer spaces", async () => {
  assert.equal(await secret(" s3cret \r"), " s3cret ");
  assert.equal(await secret("\n"), "");
});

const pasteOn = "\\u001b[?2004h";
const pasteOff = "\\u001b[?2004l";
const shows = (text: string) => /^[A-Z0-9]*$/.test(text);
const isUnfinished = (text: string) => text.includes("(") && !text.includes(")");

/** The answer to a guarded prompt, and the output in between. */
async function guarded(text: string): Promise<{ answer: string; written: string }> {
  const device = typed(text);
  const answer = await converse(device, "Key: ", true, undefined, { shows, isUnfinished });
  assert.deepEqual(device.deeds.slice(0, 2), ["raw", `write "${pasteOn}Key: "`]);
  assert.deepEqual(device.deeds.slice(-3), ["cooked", `write "${pasteOff}\\n"`, "close"]);
  const written = device.deeds.slice(2, -3).map((deed) => JSON.parse(deed.replace("write ", "")));
  return { answer, written: written.join("") };
}

Deno.test("terminal: a guarded answer is shown only while it cannot be a secret, else erased", async () => {
  assert.deepEqual(await guarded("AKIA12\r"), { answer: "AKIA12", written: "AKIA12" });
  const erased = `AB${"\b \b".repeat(2)}(not shown) `;
  assert.deepEqual(await guarded("ABcDE\r"), { answer: "ABcDE", written: erased });
  assert.deepEqual(await guarded("AC\x7fB\r"), { answer: "AB", written: "AC\b \bB" });
  // Ctrl-U clears the input, and arrow keys do nothing.
  assert.deepEqual(await guarded("x\x15A\x1b[DB\x1bOC\r"), {
    answer: "AB",
    written: "(not shown) AB",
  });
});

Deno.test("terminal: a marked paste is read and shown only as a whole", async () => {
  const paste = (text: string) => `\x1b[200~${text}\x1b[201~\r`;
  assert.deepEqual(await guarded(paste("AB\r\nc\td\n")), {
    answer: "AB\n\nc\td",
    written: "(not shown) ",
  });
  assert.deepEqual(await guarded(paste("AKIA")), { answer: "AKIA", written: "AKIA" });
});

Deno.test("terminal: Enter continues an unfinished answer, and an empty line ends it", async () => {
  const { answer } = await guarded("(a\rb\r)\rmore\r\rrest");
  assert.equal(answer, "(a\nb\n)\nmore");
  assert.equal((await guarded("(a\r\rrest")).answer, "(a");
});

Deno.test("terminal: warns if much of a possible secret was shown", async () => {
  assert.match((await guarded("ABCDEFGHIJx\r")).written, /first 10 characters .* on the screen$/);
  assert.doesNotMatch((await guarded("ABCDEFGHx\r")).written, /warning/);
});

Deno.test("terminal: a guarded prompt is cancelled by Ctrl-C within a paste too", async () => {
  await fails("cancelled", guarded("\x1b[200~ab\x03"));
  await fails("cancelled", guarded("\x04"));
});

Deno.test("terminal: reads other answers as the terminal edits them, trimmed", async () => {
  const device = typed("  ann  \n");
  assert.equal(await converse(device, "Name: ", true), "ann");
  assert.deepEqual(device.deeds, openly);
});

Deno.test("terminal: backspace deletes a whole character of one to four bytes", async () => {
  for (const character of ["x", "ü", "€", "🔑"]) {
    for (const backspace of ["\b", "\x7f"]) {
      assert.equal(await secret(`a${character}${backspace}b\r`), "ab", character);
    }
  }
});

Deno.test("terminal: extra backspaces do not affect what follows", async () => {
  assert.equal(await secret("é\x7f\x7f\x7fab\x7fc\r"), "ac");
});

Deno.test("terminal: Ctrl-U deletes the whole line", async () => {
  assert.equal(await secret("wrong ü\x15right\r"), "right");
  assert.equal(await secret("wrong\x15\r"), "");
});

Deno.test("terminal: other control keys are ignored", async () => {
  assert.equal(await secret("a\x00\x01\x09\x1bb\r"), "ab");
});

Deno.test("terminal: Ctrl-C cancels, whatever was typed before it", async () => {
  for (const text of ["\x03", "half\x03more\r"]) {
    const device = typed(text);
    await fails("cancelled", converse(device, "Secret: ", false));
    assert.deepEqual(device.deeds, secretly);
  }
});

Deno.test("terminal: Ctrl-D cancels at the start of a line and is ignored within one", async () => {
  const device = typed("\x04");
  await fails("cancelled", converse(device, "Secret: ", false));
  assert.deepEqual(device.deeds, secretly);
  assert.equal(await secret("a\x04b\r"), "ab");
  const emptied = typed("a\x7f\x04b\r");
  await fails("cancelled", converse(emptied, "Secret: ", false));
});

Deno.test("terminal: end of input cancels, even within a line", async () => {
  for (const text of ["", "half"]) {
    const [hidden, shown] = [typed(text), typed(text)];
    await fails("cancelled", converse(hidden, "Secret: ", false));
    assert.deepEqual(hidden.deeds, secretly);
    await fails("cancelled", converse(shown, "Name: ", true));
    assert.deepEqual(shown.deeds, openly);
  }
});

Deno.test("terminal: an answer may exceed the terminal's line of 4096 bytes", async () => {
  const token = "IQoJb3JpZ2luX2Vj".repeat(1000);
  assert.equal(await secret(`${token}\r`), token);
});

Deno.test("terminal: an endless answer is truncated at 64 KiB", async () => {
  assert.equal((await secret("x".repeat(100_000) + "\r")).length, 64 * 1024);
});

Deno.test("terminal: invalid UTF-8 does no harm", async () => {
  assert.equal(await secret(Uint8Array.of(0x61, 0xff, 0x62, 0x0d)), "a\ufffdb");
  assert.equal(await secret(Uint8Array.of(0x80, 0x81, 0x7f, 0x62, 0x0d)), "b");
});

Deno.test("terminal: type-ahead stays for the next question", async () => {
  const device = typed("first\rsecond\r");
  assert.equal(await converse(device, "Secret: ", false), "first");
  assert.equal(device.rest(), "second\r");
});

Deno.test("terminal: restores the mode and closes when reading fails", async () => {
  const device = typed("half", true);
  await assert.rejects(converse(device, "Secret: ", false), /EIO/);
  assert.deepEqual(device.deeds, secretly);
});

Deno.test("terminal: restores the mode when a signal ends athm", async () => {
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

Deno.test("terminal: restores the mode and closes when the question cannot be printed", async () => {
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

Deno.test("terminal: without a terminal, a question fails with needs-person", async () => {
  await fails("needs-person", converse(undefined, "Secret: ", false));
});

Deno.test("terminal: with prompts disabled, never prompts and is otherwise unchanged", async () => {
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
