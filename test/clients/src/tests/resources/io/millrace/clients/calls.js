// SPDX-License-Identifier: Apache-2.0
// Calls every method of GrpcService: node calls.js TARGET [CERTIFICATE]; prints a line for each that went well.
const fs = require('fs');
const path = require('path');
const grpc = require(require.resolve('@grpc/grpc-js', { paths: [process.env.CLIENTS] }));

const [target, certificate] = process.argv.slice(2);
const client = new grpc.Client(
  target,
  certificate ? grpc.credentials.createSsl(fs.readFileSync(certificate)) : grpc.credentials.createInsecure());
const same = bytes => bytes;
const name = method => '/millrace.Echo/' + method;
const text = bytes => bytes.toString('latin1');
const check = (right, what) => { if (!right) { console.log('WRONG: ' + what); process.exit(1); } };

const unary = (method, message, options = {}) => new Promise(done => {
  client.makeUnaryRequest(name(method), same, same, Buffer.from(message), new grpc.Metadata(), options,
    (error, answer) => done({ error, answer }));
});
const ended = call => new Promise(done => call.on('status', done));

async function main() {
  const hello = await unary('Unary', 'hello');
  check(!hello.error && text(hello.answer) === 'hello', hello.error);
  const large = await unary('Unary', 'x'.repeat(3000000));
  check(!large.error && large.answer.length === 3000000, large.error);
  console.log('unary');

  let next = 0;
  const numbers = client.makeServerStreamRequest(name('Numbers'), same, same, Buffer.from('100000'));
  numbers.on('data', answer => check(Number(text(answer)) === next++, text(answer)));
  check((await ended(numbers)).code === 0 && next === 100000, 'numbers up to ' + next);
  console.log('server stream');

  let count;
  const counting = client.makeClientStreamRequest(name('Count'), same, same, (error, answer) => count = answer);
  const counted = ended(counting);
  for (let i = 0; i < 10000; i++) counting.write(Buffer.from('message ' + i));
  counting.end();
  check((await counted).code === 0 && text(count) === '10000', 'count of ' + count);
  console.log('client stream');

  let said = 0;
  const both = client.makeBidiStreamRequest(name('Bidi'), same, same);
  both.on('data', answer => {
    check(text(answer) === 'message ' + said, text(answer));
    if (++said < 300) both.write(Buffer.from('message ' + said)); else both.end();
  });
  both.write(Buffer.from('message 0'));
  check((await ended(both)).code === 0 && said === 300, 'said ' + said);
  console.log('both');

  const refused = await unary('Refuse', 'x');
  check(refused.error.code === 7 && refused.error.details === 'not for you', refused.error);
  check((await unary('Unknown', 'x')).error.code === 12, 'an unknown method');
  console.log('refused');

  const cancelled = client.makeServerStreamRequest(name('Hang'), same, same, Buffer.from('x'));
  cancelled.on('error', () => {});
  cancelled.on('metadata', () => cancelled.cancel());
  check((await ended(cancelled)).code === 1, 'cancelled');
  console.log('cancelled');

  const late = await unary('Hang', 'x', { deadline: Date.now() + 300 });
  check(late.error.code === 4, late.error);
  console.log('deadline');
  client.close();
}

main();
