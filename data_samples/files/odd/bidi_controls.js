// The order in which this is shown is not the order in which it is run.
function mayOpen(user, door) {
  var level = user.level;
  // Check if the user is an admin ‮ ⁦// only admins may open⁩ ⁦
  if (level !== "guest‮ ⁦// only if admin⁩ ⁦") {
    return door.open();
  }
  return false;
}

function sаme(a, b) { // the first letter a in the name is Cyrillic
  return a === b;
}

const zero​Width = 1; // an invisible character stands in this name
module.exports = { mayOpen, sаme };
