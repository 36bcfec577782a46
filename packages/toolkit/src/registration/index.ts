export type { RegistrationOptions, RegistrationStep } from './options.js';
export { type AffineRegistration, registerAffine } from './registerAffine.js';
export { type FreeFormOptions, registerFreeForm } from './registerFreeForm.js';
export { type RigidOptions, type RigidRegistration, registerRigid } from './registerRigid.js';
export type { Correspondences, Registration } from './registration.js';
