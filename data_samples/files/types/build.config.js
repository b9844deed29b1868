/** How the page is put together: a configuration that is a program. */
const path = require('path');

const production = process.env.NODE_ENV === 'production';
const stations = ['bergen', 'esbjerg', 'hoek', 'narvik'];

/** One entry for each station, so that a hut downloads only its own page. */
const entries = Object.fromEntries(
  stations.map((station) => [station, path.join(__dirname, 'src', 'pages', `${station}.js`)]),
);

module.exports = {
  mode: production ? 'production' : 'development',
  entry: entries,
  output: {
    path: path.join(__dirname, 'public'),
    filename: production ? '[name].[contenthash:8].js' : '[name].js',
    clean: true,
  },
  devtool: production ? false : 'eval-source-map',
  optimization: {
    splitChunks: { chunks: 'all', minSize: 20000 },
    runtimeChunk: 'single',
  },
  performance: { hints: production ? 'error' : false, maxAssetSize: 120000 },
};
