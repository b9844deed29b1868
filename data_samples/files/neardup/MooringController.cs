using System.Collections.Generic;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Mvc;

namespace Harbour.Api.Controllers
{
    [ApiController]
    [Route("api/moorings")]
    public class MooringController : ControllerBase
    {
        private readonly IMooringStore _store;

        public MooringController(IMooringStore store) => _store = store;

        [HttpGet]
        public async Task<ActionResult<IReadOnlyList<Mooring>>> List([FromQuery] int skip = 0, [FromQuery] int take = 50)
            => Ok(await _store.ListAsync(skip, take));

        [HttpGet("{id}")]
        public async Task<ActionResult<Mooring>> Get(int id)
        {
            Mooring found = await _store.FindAsync(id);
            return found == null ? NotFound() : Ok(found);
        }

        [HttpPost]
        public async Task<ActionResult<Mooring>> Create(MooringInput input)
        {
            if (!input.IsValid(out string problem)) return UnprocessableEntity(problem);
            Mooring created = await _store.AddAsync(input);
            return CreatedAtAction(nameof(Get), new { id = created.Id }, created);
        }

        [HttpDelete("{id}")]
        public async Task<IActionResult> Delete(int id)
        {
            bool removed = await _store.RemoveAsync(id);
            return removed ? NoContent() : NotFound();
        }
    }
}
