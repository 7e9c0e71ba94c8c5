/** athm's partitions, regions and hosts are those of the AWS SDK that it uses. */
import assert from "node:assert/strict";
import { consoleSignInUrl } from "../../src/model/console_sign_in.ts";
import { stsEndpoint } from "../../src/model/endpoint.ts";
import { valueOr } from "../../src/model/failure.ts";
import { iamEndpoint } from "../../src/model/iam_endpoint.ts";
import {
  fipsStsHosts,
  knownRegions,
  partitions,
  regionPartition,
} from "../../src/model/partitions.ts";
import { rules, sdkPartitions } from "../support/sdk_data.ts";

const theirs = new Map(sdkPartitions().map((each) => [each.id, each]));
const plain = { UseFIPS: false, UseDualStack: false };
const modes = [
  plain,
  { UseFIPS: true, UseDualStack: false },
  { UseFIPS: false, UseDualStack: true },
  { UseFIPS: true, UseDualStack: true },
];
const hostOf = (url: URL) => url.href.replace(/\/$/, "");

Deno.test("partitions: are those of the SDK", () => {
  assert.deepEqual(partitions.map(({ id }) => id).sort(), [...theirs.keys()].sort());
});

for (const partition of partitions) {
  const { id, dnsSuffix, dualstackSuffix, regions, defaultRegion, pattern } = partition;

  Deno.test(`partitions: ${id} has the SDK's regions and suffixes`, () => {
    const { outputs, regions: known, regionRegex } = theirs.get(id) ?? assert.fail();
    assert.deepEqual([dnsSuffix, dualstackSuffix], [outputs.dnsSuffix, outputs.dualStackDnsSuffix]);
    // Pseudo regions such as `aws-global` cannot be called.
    const places = Object.keys(known).filter((region) => !region.endsWith("-global"));
    assert.deepEqual([...regions].sort(), places.sort());
    assert.ok(regions.includes(defaultRegion));
    for (const region of knownRegions) {
      assert.equal(pattern.test(region), new RegExp(regionRegex).test(region), region);
    }
  });
}

for (const region of knownRegions) {
  Deno.test(`partitions: ${region} has the SDK's STS endpoints`, () => {
    for (const { UseFIPS: fips, UseDualStack: dualstack } of modes) {
      // Other names that the SDK builds do not resolve.
      if (fips && !fipsStsHosts.has(region)) continue;
      const { url } = stsEndpoint({ region, fips, dualstack }, undefined);
      const params = { Region: region, UseFIPS: fips, UseDualStack: dualstack };
      assert.equal(url, hostOf(rules.sts({ ...params, UseGlobalEndpoint: false }).url));
    }
  });

  Deno.test(`partitions: ${region} has the SDK's sign-in hosts`, () => {
    const { url } = rules.signin({ Region: region, ...plain });
    assert.equal(consoleSignInUrl({ region, endpoint: "aws" }), hostOf(url));
    if (!regionPartition(region).globalSignIn?.includes("signin-fips")) return;
    const fips = rules.signin({ Region: region, ...plain, UseFIPS: true });
    assert.equal(consoleSignInUrl({ region, endpoint: "fips" }), hostOf(fips.url));
  });
}

for (const { id, defaultRegion } of partitions) {
  Deno.test(`partitions: ${id} has the SDK's IAM endpoints`, () => {
    for (const { UseFIPS: fips, UseDualStack: dualstack } of modes) {
      const own = valueOr(() => iamEndpoint(id, { fips, dualstack }), undefined);
      // athm offers only those that AWS documents.
      if (own === undefined && (fips || dualstack)) continue;
      const params = { Region: defaultRegion, UseFIPS: fips, UseDualStack: dualstack };
      const { url, properties } = rules.iam(params);
      assert.equal(own?.url, hostOf(url));
      assert.equal(own?.signingRegion, properties.authSchemes?.[0]?.signingRegion);
    }
  });
}
