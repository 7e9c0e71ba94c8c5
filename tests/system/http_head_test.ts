/** The head of a request: what is accepted and rejected, and that no input makes parsing slow. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { parseHead, type RequestHead } from "../../src/system/http_head.ts";
import { anyCharacter } from "../support/any_character.ts";

const headTest = (name: string, run: () => void) => Deno.test(`http head: ${name}`, run);

function write({ method, target, headers }: RequestHead): string {
  const lines = Array.from(headers, ([name, value]) => `${name}: ${value}`);
  return [`${method} ${target} HTTP/1.1`, ...lines].join("\r\n");
}

/** Text of characters with a meaning in a head, and some that it must not contain. */
const rough = fc.string({
  unit: fc.constantFrom(..."GET /aHTP1.0:\r\n \t\0\x7f\x80\xff;,-_contelghrsfi"),
  maxLength: 300,
});
const name = fc.string({ unit: fc.constantFrom(..."abcXYZ019-_!#'*+.^`|~"), minLength: 1 });
const value = fc.string({ unit: fc.constantFrom(...'abc XYZ09:;\t"\\\xe9\xff'), maxLength: 40 })
  .map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ""));
const heads: fc.Arbitrary<RequestHead> = fc.record({
  method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "OPTIONS"),
  target: fc.string({ unit: fc.constantFrom(..."/abc?%20=&.-~") }).map((text) => `/${text}`),
  headers: fc.uniqueArray(fc.tuple(name, value), { selector: ([one]) => one.toLowerCase() })
    .map((all) => new Map(all.map(([one, text]) => [one.toLowerCase(), text]))),
}, { noNullPrototype: true });

headTest("any text is parsed or rejected, and a parsed head prints the same", () => {
  let taken = 0;
  fc.assert(
    fc.property(fc.oneof(rough, fc.string({ unit: anyCharacter, maxLength: 200 })), (text) => {
      for (const one of [text, `GET /x HTTP/1.1\r\n${text}`, `GET /x HTTP/1.1\r\na:${text}`]) {
        const head = parseHead(one);
        if (!head) continue;
        taken++;
        assert.deepEqual(parseHead(write(head)), head);
        assert.doesNotMatch(head.target, /\s/);
        for (const [key, content] of head.headers) {
          assert.equal(key, key.toLowerCase());
          // deno-lint-ignore no-control-regex
          assert.doesNotMatch(content, /[\x00-\x08\x0a-\x1f\x7f]|^[ \t]|[ \t]$/);
        }
      }
    }),
    { numRuns: 3000 },
  );
  assert.ok(taken > 100, `only ${taken} were taken`);
});

headTest("reads every valid head", () => {
  fc.assert(
    fc.property(heads, fc.constantFrom("", " ", "\t ", "  "), (head, space) => {
      const [first, ...lines] = write(head).split("\r\n");
      const spaced = lines.map((line) => line.replace(": ", `:${space}`) + space);
      assert.deepEqual(parseHead([first, ...spaced].join("\r\n")), head);
    }),
  );
});

headTest("reads names in any case and trims values", () => {
  const head = parseHead("GET /a?b HTTP/1.0\r\nHoSt:one\r\nAUTHORIZATION: \t two words\t ");
  assert.deepEqual(head, {
    method: "GET",
    target: "/a?b",
    headers: new Map([["host", "one"], ["authorization", "two words"]]),
  });
});

for (
  const [what, text] of [
    ["nothing", ""],
    ["no version", "GET /"],
    ["another version", "GET / HTTP/2.0"],
    ["a version of its own", "GET / HTTP/1.1x"],
    ["a method in lower case", "get / HTTP/1.1"],
    ["a method that is too long", `${"A".repeat(17)} / HTTP/1.1`],
    ["no target", "GET  HTTP/1.1"],
    ["two spaces", "GET  / HTTP/1.1"],
    ["a target with a space", "GET /a b HTTP/1.1"],
    ["a target that is too long", `GET /${"a".repeat(2048)} HTTP/1.1`],
    ["a tab for a space", "GET\t/ HTTP/1.1"],
    ["an empty line before", "\r\nGET / HTTP/1.1"],
    ["a bare line feed", "GET / HTTP/1.1\nhost: a"],
    ["a line feed in a value", "GET / HTTP/1.1\r\nhost: a\nb: c"],
    ["a carriage return in a value", "GET / HTTP/1.1\r\nhost: a\rb"],
    ["a zero in a value", "GET / HTTP/1.1\r\nhost: a\0b"],
    ["a folded line", "GET / HTTP/1.1\r\nhost: a\r\n b"],
    ["a space before the colon", "GET / HTTP/1.1\r\nhost : a"],
    ["no colon", "GET / HTTP/1.1\r\nhost"],
    ["no name", "GET / HTTP/1.1\r\n: a"],
    ["a name that is none", "GET / HTTP/1.1\r\nho(st: a"],
    ["a header twice", "GET / HTTP/1.1\r\nhost: a\r\nHost: a"],
    ["a body", "GET / HTTP/1.1\r\ncontent-length: 1"],
    ["a body in chunks", "GET / HTTP/1.1\r\ntransfer-encoding: chunked"],
    ["a length that is none", "GET / HTTP/1.1\r\ncontent-length: -0"],
  ] as const
) {
  headTest(`${what} is rejected`, () => assert.equal(parseHead(text), undefined));
}

headTest("enforces the documented limits", () => {
  assert.ok(parseHead(`${"A".repeat(16)} / HTTP/1.1`));
  assert.ok(parseHead(`GET /${"a".repeat(2047)} HTTP/1.1`));
  assert.ok(parseHead("GET / HTTP/1.1\r\ncontent-length: 0"));
  assert.equal(parseHead("POST / HTTP/1.1\r\ncontent-length: 5")?.method, "POST");
});

for (
  const [what, text] of [
    ["spaces before a control character", `a:${" ".repeat(8000)}\x01`],
    ["tabs between words", `a: b${"\t".repeat(4000)}c${" ".repeat(3900)}\x01`],
    ["words and spaces", `a: ${"b ".repeat(4000)}\x01`],
    ["a name that never ends", "a".repeat(8000)],
  ] as const
) {
  headTest(`${what} as long as the limit take no time`, () => {
    const start = performance.now();
    assert.equal(parseHead(`GET / HTTP/1.1\r\n${text}`), undefined);
    const took = performance.now() - start;
    assert.ok(took < 500, `${Math.round(took)} ms`);
  });
}
