/** The size of the fake's session tokens, as AWS's SDK sees it. */
import assert from "node:assert/strict";
import { GetSessionTokenCommand } from "@aws-sdk/client-sts";
import { admin, assume, client, keys, leakless, refused, whoAmI } from "../support/fake_aws/sdk.ts";
import { startFakeAws } from "../support/fake_aws.ts";

leakless("MinimumSessionTokenSize makes a token that large, which AWS accepts", async () => {
  await using aws = await startFakeAws();
  const alice = aws.addUser({});
  aws.addRole({ arn: admin });
  const small = await assume(aws, alice);
  assert.equal(small.SessionTokenSize, small.Credentials?.SessionToken?.length);
  assert.ok((small.SessionTokenUtilization ?? 100) < 25);

  const full = await assume(aws, alice, { MinimumSessionTokenSize: 4096 });
  assert.equal(full.Credentials?.SessionToken?.length, 4096);
  assert.deepEqual([full.SessionTokenSize, full.SessionTokenUtilization], [4096, 100]);
  await whoAmI(aws, keys(full.Credentials));

  using sts = client(aws, alice);
  const user = await sts.send(new GetSessionTokenCommand({ MinimumSessionTokenSize: 2000 }));
  assert.equal(user.Credentials?.SessionToken?.length, 2000);
  await refused(
    "ValidationError",
    /'minimumSessionTokenSize' failed.*less than or equal to 4096/,
    assume(aws, alice, { MinimumSessionTokenSize: 4097 }),
  );
});

leakless("a policy of any length fits while the token has 4,096 bytes at most", async () => {
  await using aws = await startFakeAws();
  const alice = aws.addUser({});
  aws.addRole({ arn: admin });
  const policy = (length: number) => `{"Statement":"${"x".repeat(length - 16)}"}`;
  const most = await assume(aws, alice, { Policy: policy(3396) });
  assert.equal(most.SessionTokenUtilization, 100);
  await refused(
    "PackedPolicyTooLargeException",
    /101% of allotted/,
    assume(aws, alice, { Policy: policy(3397) }),
  );
});
