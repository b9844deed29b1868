<?php
/* Menú del día: platos, precios y alérgenos. */

class Menu
{
    var $platos = array();

    function añadir($nombre, $precio, $alérgenos = array())
    {
        if ($precio <= 0) {
            trigger_error("El precio de «$nombre» no es válido", E_USER_ERROR);
        }
        $this->platos[$nombre] = array('precio' => $precio, 'alérgenos' => $alérgenos);
    }

    function sin($alérgeno)
    {
        $posibles = array();
        foreach ($this->platos as $nombre => $plato) {
            if (!in_array($alérgeno, $plato['alérgenos'])) {
                $posibles[$nombre] = $plato['precio'];
            }
        }
        asort($posibles);
        return $posibles;
    }

    function imprimir()
    {
        foreach ($this->platos as $nombre => $plato) {
            printf("%-30s %6.2f ¤\n", ucfirst($nombre), $plato['precio']);
        }
        echo "¡Buen provecho!\n";
    }
}
