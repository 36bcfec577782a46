import { wasm } from '@sinkhorn/backend-wasm';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { problems } from '/work/wt/trust2/packages/bench/dist/clouds/problems.js';
import { kinds } from '/work/wt/trust2/packages/bench/dist/clouds/kinds.js';
import { cube } from '/work/wt/trust2/packages/bench/dist/clouds/cube.js';
const [n, accs, methods, blurs, which] = process.argv.slice(2);
const N=+n;
const all = {
  cubes: () => ({...problems['two draws from a cube'].clouds(N), dimension:3}),
  sphere: () => ({...problems['sphere, cube'].clouds(N), dimension:3}),
  gauss: () => ({...problems['gaussians far apart'].clouds(N), dimension:3}),
  clusters: () => ({...problems['clusters of unequal mass'].clouds(N), dimension:3}),
  squares: () => ({x:cube(N,0,2),y:cube(N,1,2),dimension:2}),
  cube10: () => ({x:cube(N,0,10),y:cube(N,1,10),dimension:10,scale:Math.sqrt(10/3)}),
  cube64: () => ({x:cube(N,0,64),y:cube(N,1,64),dimension:64,scale:Math.sqrt(64/3)}),
  lattice: () => { const m=Math.round(Math.cbrt(N)); const p=[]; for(let i=0;i<m;i++)for(let j=0;j<m;j++)for(let k=0;k<m;k++)p.push((i+.5)/m,(j+.5)/m,(k+.5)/m); const x=Float32Array.from(p); return {x,y:x.map(v=>v+.5/m),dimension:3}; },
  rotated: () => { const m=Math.round(Math.sqrt(N)); const p=[],q=[]; const c=Math.SQRT1_2; for(let i=0;i<m;i++)for(let j=0;j<m;j++){const a=(i+.5)/m,b=(j+.5)/m; p.push(a,b); q.push(.5+c*(a-.5)-c*(b-.5),.5+c*(a-.5)+c*(b-.5));} return {x:Float32Array.from(p),y:Float32Array.from(q),dimension:2}; },
};
const backend = await wasm();
for (const [name, make] of Object.entries(all)) {
  if (which && !which.split(',').includes(name)) continue;
  const { x, y, dimension, scale=1 } = make();
  for (const blur of blurs.split(',')) for (const acc of accs.split(',')) {
    const out=[];
    for (const method of methods.split(',')) {
      const loss = sinkhornDivergence({ backend, blur: blur*scale, debias: false, method, accuracy: +acc, onInaccurate:'ignore' });
      const t0=process.cpuUsage();
      let r; try { r = await loss.valueAndGradients({points:x,dimension},{points:y,dimension}); } catch(e) { out.push(method+' '+e.message.slice(0,60)); continue; }
      const c=process.cpuUsage(t0); const d=r.diagnostics;
      out.push(`${method}(${d.method}): ${d.reductions} passes ${((c.user+c.system)/1e6).toFixed(2)}s ${d.accurate?'acc':'-'} ${r.value.toPrecision(9)}`);
    }
    console.log(name, 'blur', blur, 'acc', acc, '|', out.join(' | '));
  }
}
backend.dispose();
