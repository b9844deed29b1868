-- One step of a CORDIC rotation, registered at the output.
library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;

entity cordic_step is
  generic (
    WIDTH : positive := 16;
    STAGE : natural := 0;
    ANGLE : integer := 8192
  );
  port (
    clk   : in  std_logic;
    x_in  : in  signed(WIDTH - 1 downto 0);
    y_in  : in  signed(WIDTH - 1 downto 0);
    z_in  : in  signed(WIDTH - 1 downto 0);
    x_out : out signed(WIDTH - 1 downto 0);
    y_out : out signed(WIDTH - 1 downto 0);
    z_out : out signed(WIDTH - 1 downto 0)
  );
end entity;

architecture rtl of cordic_step is
begin
  process (clk)
  begin
    if rising_edge(clk) then
      if z_in(WIDTH - 1) = '0' then
        x_out <= x_in - shift_right(y_in, STAGE);
        y_out <= y_in + shift_right(x_in, STAGE);
        z_out <= z_in - ANGLE;
      else
        x_out <= x_in + shift_right(y_in, STAGE);
        y_out <= y_in - shift_right(x_in, STAGE);
        z_out <= z_in + ANGLE;
      end if;
    end if;
  end process;
end architecture;
