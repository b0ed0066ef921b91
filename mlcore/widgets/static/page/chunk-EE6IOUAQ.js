function l(t,n){for(let e=0;e<t.length;e+=1)if(Math.abs(t[e]-n[e])>1e-6)return!1;return t.length===n.length}export{l as a};
