// A second client library of Vault's, node-vault, as it comes: https://github.com/nodevault/node-vault
// VAULT_ADDR, VAULT_TOKEN and NODE_EXTRA_CA_CERTS say which server; test_node_vault.py starts one.

const assert = require('node:assert');
const { test } = require('node:test');
const nodeVault = require('node-vault');

// A client takes over the token that it makes or logs in for: each test has one of its own.
test('a server tells whether it is initialised and sealed', async () => {
  const vault = nodeVault();
  assert.deepStrictEqual(await vault.initialized(), { initialized: true });
  const status = await vault.status();
  assert.strictEqual(status.sealed, false);
  assert.strictEqual((await vault.health()).initialized, true);
});

test('secret engines are mounted and listed', async () => {
  const vault = nodeVault();
  await vault.mount({ mount_point: 'node-mounted', type: 'kv', description: 'of the test' });
  const listed = await vault.mounts();
  assert.strictEqual(listed.data['node-mounted/'].description, 'of the test');
  await vault.unmount({ mount_point: 'node-mounted' });
  assert.ok(!('node-mounted/' in (await vault.mounts()).data));
});

test('secrets of one version are written, read, listed and deleted', async () => {
  const vault = nodeVault();
  await vault.mount({ mount_point: 'node-one', type: 'kv', options: { version: '1' } });
  await vault.write('node-one/dir/name', { password: 'p', number: 3 });
  assert.deepStrictEqual((await vault.read('node-one/dir/name')).data, { password: 'p', number: 3 });
  assert.deepStrictEqual((await vault.list('node-one/dir')).data.keys, ['name']);
  await vault.delete('node-one/dir/name');
  await assert.rejects(vault.read('node-one/dir/name'), (error) => error.response.statusCode === 404);
});

test('secrets with versions are written, changed, read and listed', async () => {
  const vault = nodeVault();
  await vault.mount({ mount_point: 'node-many', type: 'kv', options: { version: '2' } });
  const written = await vault.write('node-many/data/name', { data: { password: 'one' } });
  assert.strictEqual(written.data.version, 1);
  await vault.update('node-many/data/name', { data: { password: 'two' } });
  const read = await vault.read('node-many/data/name');
  assert.deepStrictEqual(read.data.data, { password: 'two' });
  assert.strictEqual(read.data.metadata.version, 2);
  assert.deepStrictEqual((await vault.list('node-many/metadata')).data.keys, ['name']);
});

test('tokens are made, looked up and revoked', async () => {
  const vault = nodeVault();
  const made = await vault.tokenCreate({ policies: ['default'], ttl: '5m', meta: { team: 'node' } });
  const token = made.auth.client_token;
  assert.strictEqual(vault.token, token);
  vault.token = process.env.VAULT_TOKEN;
  const found = await vault.tokenLookup({ token });
  assert.deepStrictEqual(found.data.meta, { team: 'node' });
  const own = await nodeVault({ token }).tokenLookupSelf();
  assert.strictEqual(own.data.id, token);
  await vault.tokenRevoke({ token });
  await assert.rejects(
    nodeVault({ token }).tokenLookupSelf(),
    (error) => error.response.statusCode === 403,
  );
});

test('policies are written, read and deleted', async () => {
  const vault = nodeVault();
  const rules = 'path "secret/*" { capabilities = ["read"] }';
  await vault.addPolicy({ name: 'node-policy', rules });
  assert.ok((await vault.policies()).data.policies.includes('node-policy'));
  assert.strictEqual((await vault.getPolicy({ name: 'node-policy' })).data.rules, rules);
  await vault.removePolicy({ name: 'node-policy' });
});

test('a program logs in with AppRole and reads what its policy allows', async () => {
  const vault = nodeVault();
  await vault.enableAuth({ mount_point: 'approle', type: 'approle' });
  await vault.mount({ mount_point: 'node-app', type: 'kv', options: { version: '1' } });
  await vault.write('node-app/name', { password: 'p' });
  const rules = 'path "node-app/*" { capabilities = ["read"] }';
  await vault.addPolicy({ name: 'node-app', rules });
  await vault.addApproleRole({ role_name: 'node', policies: 'node-app' });
  const role = await vault.getApproleRoleId({ role_name: 'node' });
  const secret = await vault.getApproleRoleSecret({ role_name: 'node' });
  const program = nodeVault({ token: '' });
  const login = await program.approleLogin({
    role_id: role.data.role_id,
    secret_id: secret.data.secret_id,
  });
  assert.ok(login.auth.policies.includes('node-app'));
  assert.deepStrictEqual((await program.read('node-app/name')).data, { password: 'p' });
  await assert.rejects(
    program.write('node-app/name', { password: 'q' }),
    (error) => error.response.statusCode === 403,
  );
});

test('what is sealed for one reader is opened once', async () => {
  const vault = nodeVault();
  const wrapped = await vault.request({
    path: '/sys/wrapping/wrap',
    method: 'POST',
    json: { secret: 'once' },
    headers: { 'X-Vault-Token': vault.token, 'X-Vault-Wrap-TTL': '60s' },
  });
  const { token } = wrapped.wrap_info;
  assert.deepStrictEqual((await vault.unwrap({ token })).data, { secret: 'once' });
});
