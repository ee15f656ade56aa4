// Pages that are printed, and the page with a link to give away. They work without this: the browser's menu prints, and the link
// can be marked and copied by hand.
(function () {
  var byId = function (id) { return document.getElementById(id); };
  var print = byId("print"), link = byId("link"), copy = byId("copy"), share = byId("share"), copied = byId("copied");
  if (print && window.print) {
    print.hidden = false;
    print.addEventListener("click", function () { window.print(); });
  }
  if (!link) return;
  link.addEventListener("focus", function () { link.select(); });
  if (copy) {
    copy.hidden = false;
    copy.addEventListener("click", function () {
      var done = function () { if (copied) copied.hidden = false; };
      var byHand = function () {
        link.focus();
        link.select();
        if (document.execCommand && document.execCommand("copy")) done();
      };
      if (navigator.clipboard && navigator.clipboard.writeText) navigator.clipboard.writeText(link.value).then(done, byHand);
      else byHand();
    });
  }
  if (share && navigator.share) {
    share.hidden = false;
    share.addEventListener("click", function () {
      navigator.share({ text: link.getAttribute("data-text"), url: link.value }).catch(function () {});
    });
  }
})();
