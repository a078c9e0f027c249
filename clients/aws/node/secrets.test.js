// AWS's SDK for JavaScript as it comes: https://github.com/aws/aws-sdk-js-v3
// Environment variables say which server and which key; test_clients.py starts one.

const assert = require('node:assert');
const { randomUUID } = require('node:crypto');
const { test } = require('node:test');
const {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  TagResourceCommand,
  paginateListSecrets,
} = require('@aws-sdk/client-secrets-manager');

const client = new SecretsManagerClient({});
const name = () => `node/${randomUUID()}`;

test('a secret is made, read, changed and deleted', async () => {
  const Name = name();
  const made = await client.send(new CreateSecretCommand({ Name, SecretString: 'one' }));
  assert.ok(made.ARN.includes(Name));
  const read = await client.send(new GetSecretValueCommand({ SecretId: Name }));
  assert.strictEqual(read.SecretString, 'one');
  assert.ok(read.CreatedDate instanceof Date);
  await client.send(new PutSecretValueCommand({ SecretId: Name, SecretString: 'two' }));
  const previous = new GetSecretValueCommand({ SecretId: Name, VersionStage: 'AWSPREVIOUS' });
  assert.strictEqual((await client.send(previous)).SecretString, 'one');
  const gone = { SecretId: Name, ForceDeleteWithoutRecovery: true };
  assert.ok((await client.send(new DeleteSecretCommand(gone))).DeletionDate instanceof Date);
});

test('bytes are read as they were written', async () => {
  const SecretBinary = new Uint8Array([0, 255, 128]);
  const Name = name();
  await client.send(new CreateSecretCommand({ Name, SecretBinary }));
  const read = await client.send(new GetSecretValueCommand({ SecretId: Name }));
  assert.deepStrictEqual([...read.SecretBinary], [...SecretBinary]);
});

test('errors are the classes of the sdk', async () => {
  await assert.rejects(client.send(new GetSecretValueCommand({ SecretId: name() })), (error) => {
    assert.strictEqual(error.name, 'ResourceNotFoundException');
    assert.strictEqual(error.message, "Secrets Manager can't find the specified secret.");
    assert.strictEqual(error.$metadata.httpStatusCode, 400);
    assert.match(error.$metadata.requestId, /^[0-9a-f]{8}-/);
    return true;
  });
});

test('secrets are tagged, described and listed', async () => {
  const Name = name();
  await client.send(new CreateSecretCommand({ Name, SecretString: 'one', Description: 'd' }));
  await client.send(new TagResourceCommand({ SecretId: Name, Tags: [{ Key: 'a', Value: 'b' }] }));
  const described = await client.send(new DescribeSecretCommand({ SecretId: Name }));
  assert.deepStrictEqual(described.Tags, [{ Key: 'a', Value: 'b' }]);
  const names = [];
  for await (const page of paginateListSecrets({ client }, { MaxResults: 100 })) {
    names.push(...page.SecretList.map((secret) => secret.Name));
  }
  assert.ok(names.includes(Name));
});
