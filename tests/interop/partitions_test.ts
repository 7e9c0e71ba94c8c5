// The regions with a FIPS endpoint for STS are those in botocore's data: endpoint rules name such a
// host for every region, whether or not it exists.

import assert from "node:assert/strict";
import { fipsStsHosts } from "../../src/model/partitions.ts";
import { findAwsClients } from "../support/aws_clients.ts";
import { ran, unless } from "../support/programs.ts";

interface Endpoints {
  readonly partitions: readonly {
    readonly services: {
      readonly sts?: {
        readonly endpoints: Readonly<
          Record<string, {
            readonly deprecated?: boolean;
            readonly variants?: readonly {
              readonly hostname: string;
              readonly tags: readonly string[];
            }[];
          }>
        >;
      };
    };
  }[];
}

const found = await findAwsClients();
const skipped = typeof found === "string" ? found : undefined;

Deno.test({
  ...unless(skipped, "partitions: STS's FIPS hosts are botocore's"),
  fn: async () => {
    const { python } = typeof found === "string" ? assert.fail(found) : found;
    const script = "import botocore.loaders as l, json; " +
      "print(json.dumps(l.create_loader().load_data('endpoints')))";
    const outcome = await ran(python, ["-c", script]);
    const { partitions }: Endpoints = JSON.parse(outcome?.out ?? "");
    const theirs = partitions.flatMap(({ services }) =>
      Object.entries(services.sts?.endpoints ?? {}).flatMap(([region, endpoint]) =>
        endpoint.deprecated ? [] : (endpoint.variants ?? [])
          .filter(({ tags }) => tags.includes("fips"))
          .map(({ hostname }) => [region, hostname] as const)
      )
    );
    assert.deepEqual(new Map(theirs), fipsStsHosts);
  },
});
