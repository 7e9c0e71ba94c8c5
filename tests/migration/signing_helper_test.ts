// A credential_process that runs AWS's helper for IAM Roles Anywhere becomes settings of athm, or the
// profile is left out with the reason.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import { processCommand, wordsIn } from "../../src/migration/process_command.ts";
import { helperSettings } from "../../src/migration/signing_helper.ts";
import { run } from "../../src/program.ts";
import { testSystem } from "../support/test_system.ts";

const id = "00112233-4455-6677-8899-aabbccddeeff";
const anchor = `arn:aws:rolesanywhere:eu-west-1:123456789012:trust-anchor/${id}`;
const anywhereProfile = `arn:aws:rolesanywhere:eu-west-1:123456789012:profile/${id}`;
const roleArn = "arn:aws:iam::123456789012:role/build";
const arns = `--trust-anchor-arn ${anchor} --profile-arn ${anywhereProfile} --role-arn ${roleArn}`;
const files = "--certificate /pki/c.pem --private-key /pki/c.key";
const helper = "aws_signing_helper credential-process";
const plain = {
  kind: "roles-anywhere",
  trustAnchorArn: anchor,
  profileArn: anywhereProfile,
  certificate: "/pki/c.pem",
  privateKey: "/pki/c.key",
};
const { privateKey: _, ...keyless } = plain;

Deno.test("AWS's helper: each form of its command line gives the same settings", () => {
  for (
    const command of [
      `${helper} ${files} ${arns}`,
      `/opt/aws/aws_signing_helper credential-process ${arns} ${files} --debug --with-proxy`,
      `"/opt/my tools/aws_signing_helper"  credential-process ${files} ${arns}`,
      `C:\\aws\\aws_signing_helper.exe credential-process ${files} ${arns}`,
      `${helper} '--certificate=/pki/c.pem' --private-key="/pki/c.key" ${arns} --debug=false`,
      `${helper} ${files} ${arns} --region eu-west-1 --no-verify-ssl=false`,
    ]
  ) {
    assert.deepEqual(
      helperSettings(command, {}),
      { source: plain, roleArns: [roleArn], role: {} },
      command,
    );
  }
  for (const other of ["aws_signing_helper serve", "sh -c aws_signing_helper", "my_helper", ""]) {
    assert.equal(helperSettings(`${other} ${files} ${arns}`, {}), undefined, other);
  }
});

Deno.test("AWS's helper: every option that athm can represent becomes a setting", () => {
  const given = (more: string) => helperSettings(`${helper} ${arns} ${more}`, {});
  const all = given(
    `${files} --intermediates '/pki/the chain.pem' --session-duration 900 ` +
      `--role-session-name ci-7 --endpoint https://vpce-1.example.com/`,
  );
  assert.deepEqual(all?.role, { duration: 900, sessionName: "ci-7" });
  assert.deepEqual(all?.source, {
    ...plain,
    chain: "/pki/the chain.pem",
    endpointUrl: "https://vpce-1.example.com",
  });
  const certificate = "--certificate /pki/c.pem --private-key";
  for (
    const [key, setting] of [
      ["'pkcs11:token=t;id=%01'", { pkcs11: "pkcs11:token=t;id=%01" }],
      [
        "'pkcs11:token=t;id=%01' --pkcs11-lib /usr/lib/p11.so --reuse-pin",
        { pkcs11: "pkcs11:token=t;id=%01?module-path=/usr/lib/p11.so" },
      ],
      [
        "'pkcs11:token=t;id=%01' --pkcs11-lib '/opt/R&D? #1/p11.so'",
        { pkcs11: "pkcs11:token=t;id=%01?module-path=/opt/R%26D%3F%20%231/p11.so" },
      ],
      ["handle:0x81000A01", { tpm: "0x81000a01" }],
      ["handle:0x81000001 --no-tpm-key-password", { tpm: "0x81000001", tpmPassword: false }],
    ] as const
  ) {
    assert.deepEqual(given(`${certificate} ${key}`)?.source, { ...keyless, ...setting }, key);
  }
  // The helper reads the key from the certificate's file, such as one in PKCS #12.
  assert.deepEqual(given("--certificate /pki/c.p12")?.source, {
    ...keyless,
    certificate: "/pki/c.p12",
  });
});

Deno.test("AWS's helper: what athm cannot represent is an error that quotes no password", () => {
  const secret = "hunter2-the-password";
  const certificate = "--certificate /pki/c.pem";
  for (
    const [more, why] of [
      [`${files} --pkcs8-password ${secret}`, /password of its key.*\(--pkcs8-password\)/],
      [`${files} --tpm-key-password=${secret}`, /\(--tpm-key-password\)/],
      [`--cert-selector Key=x509Subject,Value=CN=a Key=b,Value=c`, /\(--cert-selector\)/],
      [`--cert-selector=file:///s.json`, /selects its certificate in the system's/],
      [`${files} --system-store-name MY`, /\(--system-store-name\)/],
      [`--use-latest-expiring-certificate`, /\(--use-latest-expiring-certificate\)/],
      [`${files} --no-verify-ssl`, /turns off the verification of TLS/],
      [`${files} --new-option ${secret}`, /with --new-option, which athm does not support/],
      [`${files} ${secret}`, /an argument that is not an option/],
      [`${files} --debug=${secret} "${secret}`, /with shell syntax/],
      [`--certificate $HOME/c.pem --private-key /k`, /with shell syntax/],
      [`--certificate c.pem --private-key /k`, /a relative path after --certificate/],
      [`--certificate ~/c.pem --private-key /k`, /a relative path after --certificate/],
      [`--certificate pkcs11:id=%01 --private-key /k`, /has its --certificate in a token/],
      [`${certificate} --private-key=`, /without --private-key$/],
      [`${certificate} --private-key`, /--private-key without a value/],
      [`${certificate} --private-key handle:1`, /not a persistent handle/],
      [`${certificate} --private-key pkcs11:id=%01?pin-value=${secret}`, /a PIN in the URI/],
      [`${files} --region eu-west-2`, /a --region that differs/],
      [`${files} --session-duration 60`, /--session-duration: 1m is out of range/],
      [`${files} --role-session-name x!`, /--role-session-name/],
      [`${files} --endpoint nowhere`, /--endpoint is not an http or https URL/],
      [
        `${files} --profile-arn ${anywhereProfile.replace("eu-west-1", "us-east-1")}`,
        /--trust-anchor-arn and --profile-arn are in different regions/,
      ],
    ] as const
  ) {
    assert.throws(() => helperSettings(`${helper} ${arns} ${more}`, {}), (error) => {
      assert.ok(error instanceof Failure, String(error));
      assert.match(error.message, why, more);
      assert.ok(!`${error.message} ${error.hint}`.includes(secret), error.message);
      return true;
    });
  }
  assert.throws(() => helperSettings(`${helper} ${files} ${arns}`, { fips: true }), /no FIPS/);
});

Deno.test("AWS's helper: any command line gives settings, nothing or a failure", () => {
  const piece = fc.constantFrom(...files.split(" "), ...arns.split(" "), "--debug", "'", '"', "\\");
  const pieces = fc.array(fc.oneof(piece, fc.string()), { maxLength: 20 });
  fc.assert(fc.property(pieces, (words) => {
    try {
      helperSettings(`${helper} ${words.join(" ")}`, {});
    } catch (error) {
      assert.ok(error instanceof Failure, String(error));
    }
  }));
});

Deno.test("command lines: quoted words are split again", () => {
  fc.assert(fc.property(fc.array(fc.string()), (words) => {
    let command;
    try {
      command = processCommand(words, "linux");
    } catch {
      fc.pre(false);
      return;
    }
    assert.deepEqual(wordsIn(command), words);
  }));
  assert.deepEqual(wordsIn(String.raw`a\ b "c\"d" C:\e\f ''`), ["a b", 'c"d', "C:\\e\\f", ""]);
  for (const text of ["'a", 'a"', "$A", "`a`", '"$A"', "a|b", "a;b", "a>b"]) {
    assert.equal(wordsIn(text), undefined, text);
  }
});

Deno.test("import aws-config takes over profiles of AWS's helper, and those on them", async () => {
  const system = testSystem();
  system.files.put(
    "/home/ann/.aws/config",
    `[profile build]\nregion = eu-west-1\ncredential_process = ${helper} ${files} ${arns}\n` +
      `[profile deploy]\nrole_arn = ${roleArn}2\nsource_profile = build\n` +
      `[profile store]\ncredential_process = ${helper} --cert-selector a ${arns}\n`,
  );
  assert.equal(await run(["import", "aws-config"], system), 1);
  const said = system.captured.said.join("\n");
  assert.match(said, /^athm: imported build\nathm: imported deploy$/m);
  assert.match(
    said,
    /^athm: skipped store: selects its certificate in the system's certificate store \(--cert-selector\)$/m,
  );
  assert.equal(await run(["aws", "show", "build"], system), 0);
  assert.match(system.captured.out, /^source +roles-anywhere$/m);
  assert.match(system.captured.out, /^private key +\/pki\/c\.key$/m);
  assert.match(system.captured.out, /^roles +arn:aws:iam::123456789012:role\/build$/m);
});
