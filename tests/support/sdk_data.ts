/**
 * The AWS SDK's data about partitions and hosts, in the version that athm uses, read from its
 * packages, some of which athm itself does not import.
 *
 * @module
 */

import { createRequire } from "node:module";

/** The data of a partition, as in the SDK's `partitions.json`. */
export interface SdkPartition {
  readonly id: string;
  readonly outputs: {
    readonly dnsSuffix: string;
    readonly dualStackDnsSuffix: string;
  };
  readonly regionRegex: string;
  readonly regions: Readonly<Record<string, unknown>>;
}

/** The endpoint rules of a client. */
export type Rules = (params: {
  readonly Region: string;
  readonly UseFIPS: boolean;
  readonly UseDualStack: boolean;
  readonly UseGlobalEndpoint?: boolean;
}) => {
  readonly url: URL;
  readonly properties: {
    readonly authSchemes?: readonly { readonly signingRegion?: string }[];
  };
};

const own = createRequire(import.meta.url);
const sts = createRequire(own.resolve("@aws-sdk/client-sts"));
const node = createRequire(own.resolve("@aws-sdk/credential-provider-node"));
const login = createRequire(node.resolve("@aws-sdk/credential-provider-login"));

export function sdkPartitions(): readonly SdkPartition[] {
  const path = sts.resolve("@aws-sdk/core/client").replace(
    /dist-cjs.submodules.client.index\.js$/,
    "dist-es/submodules/client/util-endpoints/lib/aws/partitions.js",
  );
  const [, json = ""] = /^export const partitionsInfo = (.*);\s*$/s.exec(
    Deno.readTextFileSync(path),
  ) ?? [];
  return JSON.parse(json).partitions;
}

const region = "us-east-1";

export const rules: Readonly<Record<"sts" | "iam" | "signin", Rules>> = {
  sts: new (own("@aws-sdk/client-sts").STSClient)({ region }).config.endpointProvider,
  iam: new (own("@aws-sdk/client-iam").IAMClient)({ region }).config.endpointProvider,
  signin: new (login("@aws-sdk/nested-clients/signin").SigninClient)({ region }).config
    .endpointProvider,
};
