"The package, read from settings.ini: version, requirements, extras and the console script have no other home."
from configparser import ConfigParser
from pathlib import Path

from setuptools import find_packages, setup

ini = ConfigParser(interpolation=None)
ini.read('settings.ini', encoding='utf-8')
cfg = ini['DEFAULT']
extras = {k.removesuffix('_requirements'): v.split() for k, v in cfg.items() if k.endswith('_requirements')}
extras['all'] = sorted({r for name, rs in extras.items() if name != 'vllm' for r in rs})

setup(
    name=cfg['lib_name'], version=cfg['version'], description=cfg['description'],
    long_description=Path('README.md').read_text(encoding='utf-8') if Path('README.md').exists() else '',
    long_description_content_type='text/markdown', url=cfg['git_url'], author=cfg['author'], author_email=cfg['author_email'],
    license='Apache-2.0', keywords=cfg['keywords'].split(), python_requires=f">={cfg['min_python']}",
    packages=find_packages(include=['opencookbook', 'opencookbook.*']), include_package_data=True,
    package_data={'opencookbook': ['**/*.csv', '**/*.json', '**/*.css', '**/*.html']},
    install_requires=cfg['requirements'].split(), extras_require=extras,
    entry_points=dict(console_scripts=cfg['console_scripts'].split('\n'), nbdev=[f"{cfg['lib_name']}={cfg['lib_name']}._modidx:d"]),
)
