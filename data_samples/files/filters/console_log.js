const readline = require('readline');

console.log('Welcome, traveller.');
console.log('You stand at a fork in the road.');
console.log('To the left you hear a river.');
console.log('To the right the path climbs into fog.');
console.log('A signpost has fallen over.');
console.log('');
console.log('What do you do?');
console.log('  1  follow the river');
console.log('  2  climb into the fog');
console.log('  3  put the signpost up again');
console.log('');

const input = readline.createInterface({ input: process.stdin });
input.once('line', (answer) => {
  console.log('You chose', answer);
  console.log('The story has not been written further.');
  console.log('Come back next week.');
  input.close();
});
