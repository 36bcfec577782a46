/**
 * A linear map, known by its products with vectors: arrays on a device, or numbers on the host. A product that takes passes over pairs is a
 * task.
 */
export interface LinearOperator<Vector, Product = Vector> {
  apply(vector: Vector): Product;
}
