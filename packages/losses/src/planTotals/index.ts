export { planPerplexity } from './planPerplexity.js';
export { transportCost } from './transportCost.js';
