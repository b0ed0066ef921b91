/** 前端的规则。最要紧的一条：画图的模块不许自己算超越函数，数学都在 Python 里（DESIGN §1）。 */
import globals from 'globals';

const TRANSCENDENTAL = [
  'exp', 'expm1', 'log', 'log1p', 'log2', 'log10', 'pow', 'sin', 'cos', 'tan', 'asin', 'acos',
  'atan', 'atan2', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'cbrt',
];
const WHY = '画图的模块不算超越函数：数学只有 Python 里的那一份，这里用烘焙好的表。';

const rules = {
  'no-undef': 'error',
  'no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'none' }],
  'no-var': 'error',
  'prefer-const': 'error',
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'no-eval': 'error',
  'no-implied-eval': 'error',
  'no-new-func': 'error',
  'no-const-assign': 'error',
  'no-dupe-keys': 'error',
  'no-dupe-args': 'error',
  'no-duplicate-case': 'error',
  'no-unreachable': 'error',
  'no-fallthrough': 'error',
  'no-self-assign': 'error',
  'no-unsafe-finally': 'error',
  'no-loss-of-precision': 'error',
  'use-isnan': 'error',
  'valid-typeof': 'error',
};

const noMathematics = {
  'no-restricted-properties': ['error',
    ...TRANSCENDENTAL.map((property) => ({ object: 'Math', property, message: WHY }))],
  'no-restricted-syntax': ['error',
    { selector: "BinaryExpression[operator='**']", message: WHY },
    { selector: "AssignmentExpression[operator='**=']", message: WHY },
    { selector: "VariableDeclarator[init.name='Math']", message: WHY },
    { selector: "MemberExpression[object.name='Math'][computed=true]", message: WHY }],
};

export default [
  { ignores: ['node_modules/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  { files: ['src/**/*.js'], languageOptions: { globals: globals.browser }, rules },
  { files: ['src/worker.js'], languageOptions: { globals: globals.worker }, rules },
  { files: ['src/scenes/**/*.js', 'src/lib/**/*.js'], rules: noMathematics },
  // 三维视图转动的是镜头，不是书里的数学。
  { files: ['src/lib/view3d.js'], rules: { 'no-restricted-properties': 'off' } },
  { files: ['*.js', '*.mjs'], languageOptions: { globals: globals.node }, rules },
];
