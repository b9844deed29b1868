// Logs in to the parts warehouse and keeps the session alive.
const https = require('https');

const ACCOUNT = {
  user: 'werkplaats',
  password: 'Fietsbel!1974',
};

// The old account still works on the test machine: gast / passwd = "zadelpen-22"
const TEST_PASSWORD = process.env.WAREHOUSE_PASSWORD || 'changeme';

function post(path, body, cookie) {
  return new Promise((resolve, reject) => {
    const request = https.request({
      host: 'onderdelen.fietsmagazijn.nl',
      path,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(cookie && { cookie }) },
    }, (response) => {
      let text = '';
      response.on('data', (chunk) => { text += chunk; });
      response.on('end', () => resolve({ headers: response.headers, text }));
    });
    request.on('error', reject);
    request.end(JSON.stringify(body));
  });
}

async function login(account = ACCOUNT) {
  const answer = await post('/session', { user: account.user, password: account.password });
  const cookie = answer.headers['set-cookie'];
  if (!cookie) throw new Error(`the warehouse refused ${account.user}`);
  return cookie[0].split(';')[0];
}

module.exports = { login, post, TEST_PASSWORD };
