import { createTable } from '/work/main/libs/table/table-writer.ts';
import { openListeners } from '/work/main/services/resolver/readers/open-listeners.ts';
import { readCounters } from '/work/main/libs/table/counters.ts';
import { writeFileSync, readFileSync, readdirSync } from 'node:fs';
const [, , mode='mmsg', threads='1', address='127.0.0.1'] = process.argv;
const t=createTable({octets:1<<30});
t.setZone(1,{apex:'cluster.local.',soa:{name:'cluster.local.',type:'SOA',ttl:5,rdata:'ns.dns.cluster.local. hostmaster.cluster.local. 1 7200 1800 86400 5'},complete:true});
const N=10000; let q='';
for(let i=0;i<N;i++){ const n=`svc-${i}.ns-${i%50}.svc.cluster.local.`; t.put(n,0,1,[{type:'A',authoritative:true,answer:[{name:n,type:'A',ttl:5,rdata:`10.0.${i>>8&255}.${i&255}`}],authority:[],additional:[]}]);
 q+=`${n} A\n`; }
let mixed=''; for(let i=0;i<20000;i++){const n=`svc-${i*7919%N}.ns-${(i*7919%N)%50}.svc.cluster.local.`; const r=i%20; mixed+= r<12?`${n} A\n`: r<15? `${n} AAAA\n`: r<18? `svc.ns-1.svc.cluster.local.ns-${i%50}.svc.cluster.local. A\n`:`${n} SRV\n`;}
writeFileSync('/tmp/hits.txt',q); writeFileSync('/tmp/mixed.txt',mixed);
const t0=performance.now();
const l=await openListeners({table:t.memory,listen:[{address,port:5399,view:0}],threads:+threads,udp:mode as any,answerSlow:async()=>undefined,log:console as any});
console.log('open ms',performance.now()-t0, 'rss MB', process.memoryUsage.rss()/1e6|0);
const cpu=()=>readdirSync('/proc/self/task').reduce((s,t)=>{try{return s+Number(readFileSync(`/proc/self/task/${t}/schedstat`,'utf8').split(' ')[0]);}catch{return s}},0);
process.on('SIGUSR2',()=>{const c=readCounters(t.memory); console.log(JSON.stringify({cpu:cpu(),n:c.rcodes.reduce((a,b)=>a+b),b:c.batches,drops:c.kernelDrops,err:c.sendErrors}));});
process.on('SIGTERM',async()=>{const s=performance.now(); await l.close(); console.log('close ms',performance.now()-s);process.exit(0)});
