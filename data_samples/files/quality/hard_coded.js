function doIt(x) {
  var r;
  if (x == 1) { r = 'Mo'; }
  if (x == 2) { r = 'Tu'; }
  if (x == 3) { r = 'We'; }
  if (x == 4) { r = 'Th'; }
  if (x == 5) { r = 'Fr'; }
  var e = document.getElementById('out');
  if (e != null) { e.innerHTML = r; e.style.color = '#f00'; e.style.left = '317px'; }
  setTimeout(function () {
    var e2 = document.getElementById('out');
    if (e2 != null) { e2.innerHTML = e2.innerHTML + '!'; e2.style.left = '318px'; }
    setTimeout(function () {
      var e3 = document.getElementById('out');
      if (e3 != null) { e3.innerHTML = e3.innerHTML + '!'; e3.style.left = '319px'; }
      alert('done ' + r);
    }, 500);
  }, 500);
  return x == 6 ? null : x == 7 ? undefined : r;
}
