// Requests that a certificate signs, and the files that are read for each session.

import assert from "node:assert/strict";
import { createHash, createVerify, generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import fc from "fast-check";
import { x509Headers } from "../../src/aws/sigv4_x509.ts";
import type { Profile } from "../../src/model/profile.ts";
import { keep } from "../../src/session/renewal/keeper.ts";
import { storedRenewal } from "../../src/session/renewal/renewal.ts";
import { createClientAuthority } from "../support/client_certificates.ts";
import { anchorArn, anywhereProfileArn, trustRoot } from "../support/fake_aws/anywhere.ts";
import { minute, role, sessionTest, until } from "../support/session_world.ts";
import { settle, testStart } from "../support/test_system.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** Percent-encodes every byte except RFC 3986's unreserved characters. */
function encoded(text: string): string {
  return [...new TextEncoder().encode(text)].map((byte) => {
    const character = String.fromCharCode(byte);
    const hex = byte.toString(16).toUpperCase().padStart(2, "0");
    return /[A-Za-z0-9._~-]/.test(character) ? character : `%${hex}`;
  }).join("");
}

const word = fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" });
const segment = word.filter((text) => !/^\.+$/.test(text));
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
const headerValue = fc.stringMatching(/^[!-~]{1,8}( {0,3}[!-~]{1,8}){0,3}$/);
const headerNames = name.filter((each) => each !== "host").map((each) => `q-${each}`);

Deno.test("X.509 signature: of any request, over what the documentation describes", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const der = [new Uint8Array([1, 2, 3]), new Uint8Array([4]), new Uint8Array([5, 6])];
  const property = fc.asyncProperty(
    fc.array(segment, { maxLength: 4 }),
    fc.dictionary(name, word, { maxKeys: 5 }),
    fc.dictionary(headerNames, headerValue, { maxKeys: 4 }),
    fc.string({ maxLength: 60, unit: "grapheme" }),
    fc.integer({ min: 0, max: 4e12 }),
    async (segments, query, given, body, at) => {
      const path = `/${segments.map(encoded).join("/")}`;
      const search = Object.entries(query).map(([key, value]) => `${key}=${encoded(value)}`);
      const headers = await x509Headers(
        {
          certificates: der,
          serial: "12345",
          algorithm: "ECDSA",
          sign: (text) => Promise.resolve(sign("sha256", text, privateKey)),
        },
        { region: "eu-west-1", at },
        {
          method: "POST",
          url: `https://rolesanywhere.example:8443${path}?${search.join("&")}`,
          headers: given,
        },
        body,
      );
      const stamp = `${new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
      const all: Record<string, string> = {
        ...given,
        "host": "rolesanywhere.example:8443",
        "x-amz-date": stamp,
        "x-amz-x509": "AQID",
        "x-amz-x509-chain": "BA==,BQY=",
      };
      const names = Object.keys(all).sort();
      const canonical = [
        "POST",
        `/${segments.map((each) => encoded(encoded(each))).join("/")}`,
        Object.keys(query).sort().map((key) => `${key}=${encoded(query[key] ?? "")}`).join("&"),
        ...names.map((each) => `${each}:${all[each]?.replace(/ +/g, " ")}`),
        "",
        names.join(";"),
        sha256(body),
      ].join("\n");
      const scope = `${stamp.slice(0, 8)}/eu-west-1/rolesanywhere/aws4_request`;
      const toSign = `AWS4-X509-ECDSA-SHA256\n${stamp}\n${scope}\n${sha256(canonical)}`;
      const [start = "", signature = ""] = headers["authorization"]?.split(", Signature=") ?? [];
      assert.equal(
        start,
        `AWS4-X509-ECDSA-SHA256 Credential=12345/${scope}, SignedHeaders=${names.join(";")}`,
      );
      const verifier = createVerify("sha256").update(toSign);
      assert.ok(verifier.verify(publicKey, signature, "hex"), canonical);
      const { host: _, ...sent } = all;
      const { authorization: __, ...made } = headers;
      assert.deepEqual(made, sent);
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

sessionTest(
  "a certificate that is replaced while athm serves is used from the next renewal on",
  async (world) => {
    const { aws, files } = world;
    const authority = await createClientAuthority(testStart);
    trustRoot(aws.anywhere, authority.root, role);
    const used: string[] = [];
    const replace = async (subject: string) => {
      const { cert, key } = await authority.issue({ name: subject });
      files.put("/pki/web.pem", cert);
      files.put("/pki/web.key", key);
    };
    const { system, store } = await world.machine({
      before: (request) => {
        const own = new X509Certificate(
          Uint8Array.fromBase64(request.headers.get("x-amz-x509") ?? ""),
        );
        used.push(/CN=(\w+)/.exec(own.subject)?.[1] ?? "");
        assert.equal(new URL(request.url).host, "rolesanywhere.us-east-1.amazonaws.com");
        return Promise.resolve();
      },
    });
    files.put("/pki/chain.pem", authority.chain);
    await replace("first");
    const profile: Profile = world.profile("build", {
      source: {
        kind: "roles-anywhere",
        trustAnchorArn: anchorArn,
        profileArn: anywhereProfileArn,
        certificate: "/pki/web.pem",
        chain: "/pki/chain.pem",
        privateKey: "/pki/web.key",
      },
      roleArns: [role],
    });
    await store.saveProfile(profile, { replace: false });
    const keeper = keep(system, undefined, storedRenewal(system, store, "build"));
    const stop = new AbortController();
    const running = keeper.run(stop.signal);
    const first = await keeper.current();
    assert.deepEqual(used, ["first"]);
    await replace("second");
    assert.equal((await keeper.current()).accessKeyId, first.accessKeyId);
    await world.advance(41 * minute);
    await until(() => used.length === 2);
    assert.deepEqual(used, ["first", "second"]);
    let renewed = first;
    for (let turn = 0; renewed.accessKeyId === first.accessKeyId; turn++) {
      assert.ok(turn < 1000, "the new session is not used");
      await settle();
      renewed = await keeper.current();
    }
    assert.deepEqual(system.captured.said.filter((line) => !line.includes("store's key")), []);
    stop.abort();
    await running;
  },
);
