// everup's banner: one bar about maintenance, on any page. docs/banner.md says how it is
// used. Served without indentation and without the lines that are only a comment, it is
// under 4 KB; that is why names are short and spaces few.
(()=>{
  const d=document,s=d.currentScript,K="everup-banner",S=s?.src;
  // Loaded twice from one place, it shows once.
  if(!S||d[S])return;
  d[S]=1;
  // Upcoming, active, outage, overrunning, in order of urgency; then the button, and what
  // an emergency is called while it is upcoming or active.
  const W={__proto__:null,
    en:"Scheduled maintenance|Maintenance in progress|Outage since|Maintenance takes longer than planned|Close|Emergency maintenance",
    de:"Geplante Wartung|Wartung läuft|Störung seit|Wartung dauert länger als geplant|Schließen|Notfallwartung",
    es:"Mantenimiento programado|Mantenimiento en curso|Avería desde|El mantenimiento dura más de lo previsto|Cerrar|Mantenimiento urgente",
    fr:"Maintenance prévue|Maintenance en cours|Panne depuis|La maintenance dure plus que prévu|Fermer|Maintenance urgente",
    zh:"计划维护|正在维护|故障始于|维护超时|关闭|紧急维护"};
  const root=d.documentElement,data=s.dataset;
  let tag=data.lang||root.lang,lang=tag.split(/[-_]/)[0].toLowerCase(),T;
  // Traditional letters are other words.
  if(!W[lang]||/zh.*[tk]/i.test(tag))tag=lang="en";
  const L=W[lang].split("|"),parse=Date.parse,url=p=>new URL(p,S),
    // The time since the page began: unlike the clock of the viewer, it is never set.
    up=()=>performance.now(),now=()=>up()+O,
    h="short",n="numeric",
    format=t=>new Intl.DateTimeFormat(t,{weekday:h,day:n,month:h,hour:n,minute:n,timeZoneName:h}),
    // An element. Its text has the direction of its own letters, not that of the page.
    el=(n,t)=>{const e=d.createElement(n);if(t)e.append(t),e.dir="auto";return e};
  // A tag that is not well-formed throws.
  try{T=format(tag)}catch{T=format(tag=lang)}
  // O: by how much the clock of everup is ahead of up(); F: failures in a row; T: how
  // times are written; I: the timer; C: what was closed; G: when news came last; V: what is
  // shown; L: the words of the language.
  let list=[],O=-1/0,G,due=0,F=0,C="",I,it,V;
  const host=el(K),bar=el("span"),live=el("div"),x=el("button","×"),sheet=new CSSStyleSheet;
  // A constructed sheet needs no style-src of the page.
  sheet.replaceSync(`:host{all:initial!important}
    .k{display:flex;gap:12px;max-height:50vh;overflow:auto;padding:4px 16px;border-inline-start:4px solid light-dark(#1c4f8f,#8db9f0);background:light-dark(#f5f5f2,#1c1f22);color:light-dark(#1b1d20,#e7e9ea);font:15px/1.5 system-ui;overflow-wrap:anywhere}
    .k2,.k3{border-color:light-dark(#8b0e22,#ffaba3)}
    div{flex:1;padding:5px 0}p{margin:0;white-space:pre-line}a{color:inherit;font-weight:600}
    button{width:32px;height:32px;border:0;background:none;color:inherit;font-size:24px}
    :focus-visible{outline:2px solid}@media print{.k{display:none}}`);
  host.attachShadow({mode:"open"}).adoptedStyleSheets=[sheet];
  host.shadowRoot.append(bar);
  bar.append(live);
  x.ariaLabel=L[4];
  x.onclick=()=>{
    C+=it.key;
    try{localStorage[S]=((localStorage[S]||"")+it.key).slice(-999)}catch{}
    draw()};
  const fill=()=>{
    if(!it)return;
    const p=el("p"),a=el("a",L[it.k<2&&it.emergency?5:it.k]);
    p.lang=x.lang=tag;
    a.href=url(".");
    a.target="_blank";
    p.append(a," ",el("time",it.when),...[it.monitors||[]].flat().flatMap((n,i)=>[i?", ":" · ",el("bdi",n)]),it.more?" +"+it.more:"");
    live.replaceChildren(p,el("p",it.message));
    bar.className="k k"+it.k;
    x.isConnected||bar.append(x)},
  draw=()=>{
    const was=V,f=up()-G<3e5,c=getComputedStyle(root).colorScheme;
    let seen=C;
    try{seen+=localStorage[S]}catch{}
    for(const w of list)w.key=`<${[w.id,w.revision,w.k=w.since?2:now()<w.a?0:now()<w.b?1:3]}>`;
    it=list.filter(w=>(w.k<2||f&&(w.k<3||w.state=="overrunning"))&&!seen.includes(w.key)).sort((v,w)=>w.k-v.k)[0];
    if(!it)return live.replaceChildren(),host.remove();
    bar.style.colorScheme=data.theme||(c=="normal"?d.querySelector("meta[name=color-scheme]")?.content||"light dark":c);
    V=JSON.stringify(it);
    // A live region is read out when it changes, so it is there before its words are.
    if(!host.isConnected){
      live.role=it.k==2?"alert":"status";
      (d.querySelector(`#${K},[data-${K}]`)||d.body)?.prepend(host);
      setTimeout(fill,99)
    }else if(was!=V)fill()},
  load=async()=>{
    try{
      const j=await(await fetch(url("banner.json"),{credentials:"omit",cache:"no-store",signal:AbortSignal.timeout(1e4)})).json(),
        o=parse(j.now)-up(),out="outage"in data&&j.outage;
      list=j.windows.slice(0,5).map(w=>(w.a=parse(w.start_time),w.b=parse(w.end_time),w.when=T.formatRange(w.a,w.b),w));
      out&&list.push({...out,id:out.since,when:T.format(parse(out.since))});
      // An answer can only be late, so the largest offset is right, unless the clock was set.
      if(o>O||o<O-1e4)O=o;
      G=up();
      F=0
    }catch{F+=F<5}},
  // How long until something begins or ends.
  next=()=>Math.min(...list.flatMap(w=>[w.a-now(),w.b-now()]).filter(ms=>ms>0)),
  tick=async()=>{
    draw();
    if(d.hidden)return;
    if(up()>=due){
      due=up()+6e4;
      await load();
      draw();
      due=up()+(F?15e3*2**F:Math.min(6e4,next()+500+Math.random()*2500))
    }
    clearTimeout(I);
    I=setTimeout(tick,Math.max(250,Math.min(due-up(),next()+5)))};
  tick();
  addEventListener("visibilitychange",tick);
  addEventListener("DOMContentLoaded",tick)
})();
