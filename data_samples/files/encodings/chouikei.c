/* 潮位計の表示部：液晶に現在の潮位と時刻を表示する。 */
#include <stdio.h>
#include <string.h>

#define 行数 2
#define 桁数 16

static char 画面[行数][桁数 + 1];

/* 一行を書き換える。長すぎる文字列は切り捨てる。 */
static void 表示(int 行, const char *文字列)
{
    memset(画面[行], ' ', 桁数);
    memcpy(画面[行], 文字列, strlen(文字列) < 桁数 ? strlen(文字列) : 桁数);
    画面[行][桁数] = '\0';
}

/* 潮位はセンチメートル単位、時刻は分単位で渡す。 */
void 更新(int 潮位, int 時刻)
{
    char 文[32];

    snprintf(文, sizeof 文, "LEVEL %+5d cm", 潮位);
    表示(0, 文);
    snprintf(文, sizeof 文, "TIME  %02d:%02d", 時刻 / 60, 時刻 % 60);
    表示(1, 文);
}

/* 異常時は二行とも点滅させる。復帰は電源を入れ直すこと。 */
void 異常(const char *理由)
{
    表示(0, "*** ERROR ***");
    表示(1, 理由);
}
