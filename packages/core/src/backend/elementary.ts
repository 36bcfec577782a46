/** Coefficients of a polynomial, from the constant on. */
export type Coefficients = readonly number[];

/** A polynomial, or a quotient of two. */
export type Quotient = readonly [Coefficients, Coefficients?];

/** Numbers by which elementary functions are computed in one precision. */
export interface Elementary {
  /**
   * pi / 2 in three parts that add up to it, the first ones with so few bits that their products with small whole numbers are
   * exact: those of Cephes' sinf, twice as large, and of fdlibm's __ieee754_rem_pio2.
   */
  readonly quarterTurn: Coefficients;
  /** (sin r - r) / r^3 in powers of r^2, up to an eighth of a turn: the coefficients of Cephes' sinf and of fdlibm's __kernel_sin. */
  readonly sine: Coefficients;
  /** (cos r - 1 + r^2 / 2) / r^4, likewise: Cephes' cosf and fdlibm's __kernel_cos. */
  readonly cosine: Coefficients;
  /** (atan t - t) / t^3 in powers of t^2, for |t| up to tan(pi / 8), as a quotient of polynomials: Cephes' atanf and atan. */
  readonly arctangent: Quotient;
  /** (tanh u - u) / u^3 in powers of u^2, for |u| up to 0.625, likewise: Cephes' tanhf and tanh. */
  readonly hyperbolicTangent: Quotient;
  /** erf(u) / u in powers of u^2, for |u| up to 1: minimax by Lawson's method, within 1.2e-9 and 7.1e-18. */
  readonly errorFunction: Coefficients;
  /** (1 - erf(u)) exp(u^2) in powers of 1 / (1 + u / 2), for u from 1 to `far.erf`: likewise, with errors of erf up to 1.1e-8 and 2.5e-17. */
  readonly errorTail: Coefficients;
  /** Beyond these, erf and tanh are 1 in each precision. */
  readonly far: { readonly erf: number; readonly tanh: number };
  /** A point nearer to the origin than this, in its larger coordinate, has a smaller angle: a quotient needs a divisor. */
  readonly nearest: number;
}

/** For `lowered` in float32. */
export const float32Functions: Elementary = {
  quarterTurn: [1.5703125, 0.0004837512969970703, 7.549789948768648e-8],
  sine: [-1.6666654611e-1, 8.3321608736e-3, -1.9515295891e-4],
  cosine: [0.04166664568298827, -0.001388731625493765, 2.443315711809948e-5],
  arctangent: [[-3.33329491539e-1, 1.99777106478e-1, -1.38776856032e-1, 8.05374449538e-2]],
  hyperbolicTangent: [[-3.33332819422e-1, 1.33314422036e-1, -5.37397155531e-2, 2.06390887954e-2, -5.70498872745e-3]],
  errorFunction: [
    1.1283791659135065, -0.37612627134187315, 0.11283600155378212, -0.026854443696901525, 0.005189533607010194,
    -0.0008020825836844588, 7.889067934206921e-5,
  ],
  errorTail: [
    -0.013508744364050982, 0.39247668113129397, -0.06149045400534844, 0.7237033873103437, -0.03878034090992472,
  ],
  far: { erf: 4, tanh: 10 },
  nearest: 1e-37,
};

/** For `lowered` in float64. */
export const float64Functions: Elementary = {
  quarterTurn: [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21],
  sine: [
    -0.16666666666666632, 0.00833333333332249, -0.0001984126982985795, 2.7557313707070068e-6, -2.5050760253406863e-8,
    1.58969099521155e-10,
  ],
  cosine: [
    0.0416666666666666, -0.001388888888887411, 2.480158728947673e-5, -2.7557314351390663e-7, 2.087572321298175e-9,
    -1.1359647557788195e-11,
  ],
  arctangent: [
    [-64.85021904942025, -122.8866684490136, -75.00855792314705, -16.157537187333652, -0.8750608600031904],
    [194.5506571482614, 485.3903996359137, 432.88106049129027, 165.02700983169885, 24.858464901423062, 1],
  ],
  hyperbolicTangent: [
    [-1614.6876844170845, -99.28772310019185, -0.9643991794250523],
    [4844.063053251255, 2235.4883906010045, 112.81167849163293, 1],
  ],
  errorFunction: [
    1.1283791670955126, -0.3761263890318355, 0.11283791670945251, -0.026866170643275792, 0.005223977607420333,
    -0.0008548325989561955, 0.0001205529531686397, -1.4924744600305308e-5, 1.6447516972483908e-6,
    -1.6209170995111725e-7, 1.3722956847532353e-8, -7.801155675752078e-10,
  ],
  errorTail: [
    2.8587025198995013e-5, 0.2814716267267618, 0.2882224392225418, 0.21110181982554804, 0.31259850062585065,
    -0.2684227515818066, 0.6068636265426471, -0.7204902483432215, 0.28622790558068145, 0.07866637155451976,
    -0.1006688595746769, 0.024403264364544798,
  ],
  far: { erf: 6, tanh: 20 },
  nearest: 1e-300,
};
